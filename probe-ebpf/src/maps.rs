//! Every map: who writes it, and what happens when it is full.

use aya_ebpf::{
    bindings::{BPF_F_NO_PREALLOC, bpf_map_type::BPF_MAP_TYPE_TASK_STORAGE},
    macros::map,
    maps::{Array, HashMap, LruHashMap, PerCpuArray, RingBuf},
};
use probe_common::{
    anchor::{Anchor, FileId},
    container::{Container, DeviceGrant, Profile},
    label::{Label, Lasting, NAMESPACES as KINDS, Namespace},
    limits,
    walk::Walk,
};

/// Container cgroups by cgroup id. Written by `cgroup_mkdir` and `cgroup_rmdir`; the agent adds
/// those that were there before and fills in profiles. Full: the cgroup stays unknown, and only
/// descent from a runtime recognises its container; counted in `LOST`.
#[map]
pub static CONTAINERS: HashMap<u64, Container> = HashMap::with_max_entries(limits::CONTAINERS, 0);

/// Written by the agent alone; it refuses a policy that does not fit.
#[map]
pub static ANCHORS: HashMap<FileId, Anchor> = HashMap::with_max_entries(limits::ANCHORS, 0);

/// Known runtime binaries, and the profile of what descends from each and has no cgroup to be known
/// by. Written by the agent alone.
#[map]
pub static RUNTIMES: HashMap<FileId, u32> = HashMap::with_max_entries(limits::RUNTIMES, 0);

/// Written by the agent alone.
#[map]
pub static PROFILES: Array<Profile> = Array::with_max_entries(limits::PROFILES, 0);

/// Namespaces that containers are in or have made, by number. Written by `proc_alloc_inum`,
/// `proc_free_inum` and at admission. Full: counted in `LOST`; the namespace is nobody's, and so
/// refused.
#[map]
pub static NAMESPACES: HashMap<u32, Namespace> =
    HashMap::with_max_entries(limits::NAMESPACES, BPF_F_NO_PREALLOC);

/// Major numbers of character devices that lead to the host. Written by the agent alone.
#[map]
pub static DEVICES: HashMap<u32, u32> = HashMap::with_max_entries(limits::DEVICES, 0);

/// Devices that the policy gives to profiles. Written by the agent alone; it refuses a policy that
/// does not fit.
#[map]
pub static DEVICE_GRANTS: HashMap<DeviceGrant, u32> =
    HashMap::with_max_entries(limits::DEVICE_GRANTS, 0);

/// The host's mount namespace and root directory, as kernel addresses, and the numbers of all its
/// namespaces. Written once, by the `task` iterator when it passes pid 1. Zero: nothing is refused
/// yet.
#[map]
pub static HOST: Array<HostFacts> = Array::with_max_entries(1, 0);

/// Walks under way, by task address: an entry lives for one admission. Full, with 512 admissions at
/// one instant: refused.
#[map]
pub static WALKS: HashMap<u64, Walk> = HashMap::with_max_entries(512, 0);

/// One idle walk, to start new ones from: it is too large for the stack.
#[map]
pub static WALK_IDLE: Array<Walk> = Array::with_max_entries(1, 0);

/// Where `cgroup_mkdir` takes a name apart: it is too large for the stack.
#[map]
pub static NEW_CGROUP: Array<NewCgroup> = Array::with_max_entries(1, 0);

/// Denials and news for the agent. Full: counted in `LOST`, the refusal stands.
#[map]
pub static RING: RingBuf = RingBuf::with_byte_size(limits::RING, 0);

/// What each container has had of the ring's second half, by identity. Full: the one that was not seen
/// longest is forgotten, and has a share again.
#[map]
pub static SHARES: LruHashMap<u64, Share> = LruHashMap::with_max_entries(limits::SHARES, 0);

/// Records that found no room, per CPU.
#[map]
pub static LOST: PerCpuArray<u64> = PerCpuArray::with_max_entries(1, 0);

#[repr(C)]
pub struct Share {
    /// Nanoseconds since boot.
    pub since: u64,
    pub denials: u64,
}

#[repr(C)]
pub struct NewCgroup {
    pub name: [u8; limits::CGROUP_NAME],
    pub container: Container,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct HostFacts {
    pub mount_ns: u64,
    pub user_ns: u64,
    pub root: u64,
    pub numbers: [u32; KINDS],
}

/// The label of every labelled task. Written by the label code alone; freed by the kernel with the
/// task. No memory: the fork or exec fails.
///
/// aya has no type for task storage; this is the definition its own BTF maps expand to.
#[repr(C)]
pub struct TaskStorage<T> {
    r#type: *const [i32; BPF_MAP_TYPE_TASK_STORAGE as usize],
    key: *const i32,
    value: *const T,
    max_entries: *const [i32; 0],
    map_flags: *const [i32; BPF_F_NO_PREALLOC as usize],
}

// SAFETY: the fields are types for the loader to read from BTF; nobody follows the pointers.
unsafe impl<T> Sync for TaskStorage<T> {}

impl<T> TaskStorage<T> {
    const NEW: Self = Self {
        r#type: core::ptr::null(),
        key: core::ptr::null(),
        value: core::ptr::null(),
        max_entries: core::ptr::null(),
        map_flags: core::ptr::null(),
    };
}

#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "LABELS")]
pub static LABELS: TaskStorage<Label> = TaskStorage::NEW;

/// Labels of tasks that the kernel may have freed the storage of, because a fork failed; they count,
/// whatever is in `LABELS`. By task address. Written by the label code alone, and taken out when the
/// task ends. Full: the task whose fork failed is killed.
#[map]
pub static KEPT: HashMap<u64, Label> = HashMap::with_max_entries(limits::KEPT, BPF_F_NO_PREALLOC);

/// How many there are, so that nobody looks for one where there is none.
#[map]
pub static KEPT_COUNT: Array<i64> = Array::with_max_entries(1, 0);

/// The labels of an agent with another layout, for an agent that takes its place. Only read.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "LABELS_BEFORE")]
pub static LABELS_BEFORE: TaskStorage<Lasting> = TaskStorage::NEW;

/// What that agent has in `KEPT`. Only read.
#[map]
pub static KEPT_BEFORE: HashMap<u64, Lasting> =
    HashMap::with_max_entries(limits::KEPT, BPF_F_NO_PREALLOC);
