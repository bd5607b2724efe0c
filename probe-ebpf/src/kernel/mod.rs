//! Kernel memory: the only folder that reads it. Every read can fail, and says so.

mod credentials;
mod file;
mod socket;
mod typed;

use aya_ebpf::{
    EbpfContext,
    bindings::task_struct,
    helpers::{
        bpf_get_current_task_btf, bpf_probe_read_kernel, bpf_task_pt_regs,
        generated::bpf_probe_read_kernel_str,
    },
};
use probe_common::{
    anchor::{Anchor, FileId},
    container::DeviceGrant,
    label::NAMESPACES,
    layout::{FIELDS, Layout},
    walk::{Host, NAME},
};

pub use self::{
    file::{Dentry, File, Inode, Mount, Opened, Place},
    socket::Socket,
    typed::Typed,
};
use crate::maps::{ANCHORS, DEVICE_GRANTS, HOST};

/// Addresses from here on are errors.
pub const ERRORS: u64 = -4095_i64 as u64;

/// Offsets of the running kernel, written by the agent before the probe is loaded.
#[unsafe(no_mangle)]
static LAYOUT: Layout = Layout::new(&[0; FIELDS.len()], false, 0, 0);

/// 1 where the programs of an agent with another layout are attached meanwhile; written by the agent.
#[unsafe(no_mangle)]
static SUCCEEDS: u32 = 0;

/// The layout as a place in memory: its accessors read volatile.
#[inline(always)]
pub fn layout() -> &'static Layout {
    &LAYOUT
}

#[inline(always)]
pub fn u64_at(at: u64) -> Option<u64> {
    // SAFETY: the helper checks the address itself and fails on a bad one.
    unsafe { bpf_probe_read_kernel(at as *const u64) }.ok()
}

#[inline(always)]
pub fn u32_at(at: u64) -> Option<u32> {
    // SAFETY: as above.
    unsafe { bpf_probe_read_kernel(at as *const u32) }.ok()
}

/// The `n`-th argument of a hook as a plain number. The verifier takes a pointer argument for never
/// null and deletes what follows a comparison with null as dead code; a number it cannot know.
#[inline(always)]
pub fn number_arg(ctx: &impl EbpfContext, n: u64) -> Option<u64> {
    u64_at(ctx.as_ptr() as u64 + 8 * n)
}

/// Reads the text at an address, cut to fit, with its NUL. Returns the bytes used.
#[inline(always)]
pub fn text_at(at: u64, to: &mut [u8]) -> Option<usize> {
    // SAFETY: `to` is valid for its length; the helper checks the source.
    let used = unsafe {
        bpf_probe_read_kernel_str(to.as_mut_ptr().cast(), to.len() as u32, at as *const _)
    };
    usize::try_from(used).ok()
}

/// A task, by its typed kernel pointer.
#[derive(Clone, Copy)]
pub struct Task(*mut task_struct);

impl Task {
    #[inline(always)]
    pub fn current() -> Self {
        // SAFETY: no arguments; the result is the running task.
        Self(unsafe { bpf_get_current_task_btf() })
    }

    /// A task the kernel passed to the program.
    #[inline(always)]
    pub fn from_arg(task: *const task_struct) -> Option<Self> {
        (!task.is_null()).then_some(Self(task.cast_mut()))
    }

    #[inline(always)]
    pub fn pointer(self) -> *mut task_struct {
        self.0
    }

    #[inline(always)]
    pub fn address(self) -> u64 {
        self.0 as u64
    }

    /// Has anybody stored anything with it? Hardly a task of the host has.
    #[inline(always)]
    pub fn has_storage(self) -> bool {
        Typed::new(self.0).read::<u64>(layout().task_storage()) != 0
    }

    #[inline(always)]
    pub fn pid(self) -> Option<u32> {
        u32_at(self.address() + layout().task_pid())
    }

    #[inline(always)]
    pub fn tgid(self) -> Option<u32> {
        u32_at(self.address() + layout().task_tgid())
    }

    #[inline(always)]
    pub fn comm(self, to: &mut [u8]) {
        let _ = text_at(self.address() + layout().task_comm(), to);
    }

    /// Its number as a thread, as a process, and that of its parent's process.
    #[inline(always)]
    pub fn pids(self) -> [u32; 3] {
        let task = Typed::new(self.0);
        let (pid, tgid) = (layout().task_pid(), layout().task_tgid());
        let parent = task.follow(layout().task_parent());
        [task.read(pid), task.read(tgid), parent.read(tgid)]
    }

    /// Address of the task's mount namespace.
    #[inline(always)]
    pub fn mount_ns(self) -> Option<u64> {
        let nsproxy = u64_at(self.address() + layout().task_nsproxy())?;
        u64_at(nsproxy + layout().nsproxy_mnt()).filter(|ns| *ns != 0)
    }

    /// The same of the current task, in fewer instructions.
    #[inline(always)]
    pub fn current_mount_ns() -> Option<u64> {
        let nsproxy = Typed::new(Self::current().0).follow(layout().task_nsproxy());
        Some(nsproxy.read(layout().nsproxy_mnt())).filter(|ns| *ns != 0)
    }

    /// Address of the task's user namespace.
    #[inline(always)]
    pub fn user_ns(self) -> Option<u64> {
        let cred = u64_at(self.address() + layout().task_cred())?;
        u64_at(cred + layout().cred_user_ns())
    }

    /// The mount that the task's working directory is on.
    #[inline(always)]
    pub fn working_mount(self) -> Option<Mount> {
        let fs = u64_at(self.address() + layout().task_fs())?;
        Mount::of_path(fs + layout().fs_pwd())
    }

    /// Mount and dentry of the task's root directory.
    #[inline(always)]
    pub fn root(self) -> Option<(u64, u64)> {
        let fs = u64_at(self.address() + layout().task_fs())?;
        let path = fs + layout().fs_root();
        let vfsmount = u64_at(path + layout().path_mnt())?;
        let dentry = u64_at(path + layout().path_dentry())?;
        Some((vfsmount - layout().mount_vfs(), dentry))
    }

    /// Is this dentry the task's root directory?
    #[inline(always)]
    pub fn has_root(self, root: u64) -> bool {
        self.root().is_some_and(|(_, dentry)| dentry == root)
    }

    /// Id of the task's cgroup in the v2 hierarchy.
    #[inline(always)]
    pub fn cgroup(self) -> Option<u64> {
        let set = u64_at(self.address() + layout().task_cgroups())?;
        let cgroup = u64_at(set + layout().css_set_cgroup())?;
        Cgroup(cgroup).node()?.id()
    }

    /// Number of the task's mount namespace.
    #[inline(always)]
    pub fn mount_ns_number(self) -> Option<u32> {
        namespace_number(self.mount_ns()? + layout().mnt_ns_common())
    }

    /// Numbers of the namespaces the task is in; 0 for one this kernel does not have.
    #[inline(always)]
    pub fn namespaces(self) -> Option<[u32; NAMESPACES]> {
        let l = layout();
        let nsproxy = u64_at(self.address() + l.task_nsproxy())?;
        let cred = u64_at(self.address() + l.task_cred())?;
        let of = |pointer: u64, common: u64| namespace_number(u64_at(pointer)? + common);
        Some([
            of(nsproxy + l.nsproxy_mnt(), l.mnt_ns_common())?,
            of(nsproxy + l.nsproxy_pid(), l.pid_ns_common())?,
            of(nsproxy + l.nsproxy_net(), l.net_ns_common())?,
            of(nsproxy + l.nsproxy_uts(), l.uts_ns_common())?,
            of(nsproxy + l.nsproxy_ipc(), l.ipc_ns_common())?,
            of(nsproxy + l.nsproxy_cgroup(), l.cgroup_ns_common())?,
            of(nsproxy + l.nsproxy_time(), l.time_ns_common())?,
            of(cred + l.cred_user_ns(), l.user_ns_common())?,
        ])
    }
}

/// What x86-64 adds to the number of a system call of its 32-bit ABI.
const X32: u32 = 0x4000_0000;
/// What this program adds to the number of an i386 system call.
pub const I386: u32 = 0x4000_0000;
/// `TS_COMPAT`: the task is in an i386 system call.
const TS_COMPAT: u32 = 2;

/// Number of the system call the current task is in.
#[inline(always)]
pub fn syscall() -> u32 {
    let task = Task::current();
    // SAFETY: the running task is a valid argument.
    let regs = Typed::new(unsafe { bpf_task_pt_regs(task.pointer()) } as *const u8);
    let status = layout().task_thread() + layout().thread_status();
    let i386 = Typed::new(task.0).read::<u32>(status) & TS_COMPAT != 0;
    match regs.read::<u32>(layout().regs_syscall()) {
        number if i386 => number | I386,
        number => number & !X32,
    }
}

/// Number of a namespace, from the address of its `ns_common`.
#[inline(always)]
pub fn namespace_number(common: u64) -> Option<u32> {
    u32_at(common + layout().ns_inum())
}

/// Topmost mount of a mount namespace.
#[inline(always)]
pub fn namespace_root(mount_ns: u64) -> Option<u64> {
    u64_at(mount_ns + layout().mnt_ns_root()).filter(|root| *root != 0)
}

/// Type name and device of the superblock at an address.
#[inline(always)]
pub fn superblock(sb: u64, fs: &mut [u8]) -> Option<u32> {
    fs_name(u64_at(sb + layout().sb_type())?, fs);
    u32_at(sb + layout().sb_dev())
}

/// The superblock that the `vfsmount` at an address shows.
#[inline(always)]
pub fn vfsmount_superblock(vfsmount: u64) -> Option<u64> {
    u64_at(vfsmount + layout().vfsmount_sb())
}

/// Name of the `file_system_type` at an address.
#[inline(always)]
pub fn fs_name(fs_type: u64, to: &mut [u8]) {
    if let Some(name) = u64_at(fs_type + layout().fs_type_name()) {
        let _ = text_at(name, to);
    }
}

/// The file that a `linux_binprm` is about to run.
#[inline(always)]
pub fn program(bprm: u64) -> Option<File> {
    u64_at(bprm + layout().bprm_file()).map(File)
}

/// The name by which it was asked for.
#[inline(always)]
pub fn program_name(bprm: u64, to: &mut [u8]) {
    if let Some(name) = u64_at(bprm + layout().bprm_filename()) {
        let _ = text_at(name, to);
    }
}

/// A `struct cgroup`.
#[derive(Clone, Copy)]
pub struct Cgroup(pub u64);

impl Cgroup {
    #[inline(always)]
    pub fn node(self) -> Option<Node> {
        u64_at(self.0 + layout().cgroup_node())
            .filter(|node| *node != 0)
            .map(Node)
    }

    /// In the v2 hierarchy? The others have a number.
    #[inline(always)]
    pub fn is_v2(self) -> bool {
        u64_at(self.0 + layout().cgroup_root())
            .and_then(|root| u32_at(root + layout().cgroup_root_hierarchy()))
            == Some(0)
    }
}

/// A `struct kernfs_node`: the directory of a cgroup.
#[derive(Clone, Copy)]
pub struct Node(u64);

impl Node {
    #[inline(always)]
    pub fn id(self) -> Option<u64> {
        u64_at(self.0 + layout().node_id())
    }

    #[inline(always)]
    pub fn parent(self) -> Option<Self> {
        u64_at(self.0 + layout().node_parent())
            .filter(|node| *node != 0)
            .map(Self)
    }

    #[inline(always)]
    pub fn name(self) -> Option<u64> {
        u64_at(self.0 + layout().node_name())
    }
}

/// Does the policy give this device to this profile?
#[inline(always)]
pub fn granted(grant: &DeviceGrant) -> bool {
    // SAFETY: only the presence of the entry is of interest.
    unsafe { DEVICE_GRANTS.get(grant) }.is_some()
}

/// The running kernel, as the walk sees it.
pub struct Kernel {
    pub mount_ns: u64,
    pub user_ns: u64,
}

impl Kernel {
    /// `None` until the iterator has found out what the host is.
    #[inline(always)]
    pub fn host() -> Option<(Self, u64)> {
        let facts = HOST.get(0).filter(|facts| facts.mount_ns != 0)?;
        let host = Self {
            mount_ns: facts.mount_ns,
            user_ns: facts.user_ns,
        };
        Some((host, facts.root))
    }

    /// Numbers of the host's namespaces.
    #[inline(always)]
    pub fn namespaces() -> Option<[u32; NAMESPACES]> {
        HOST.get(0).map(|facts| facts.numbers)
    }

    /// Does this agent take the place of one with another layout?
    #[inline(always)]
    pub fn succeeds() -> bool {
        // SAFETY: a constant of the program; volatile, because the compiler knows it as 0.
        unsafe { core::ptr::read_volatile(&raw const SUCCEEDS) != 0 }
    }
}

impl Host for Kernel {
    #[inline(always)]
    fn layout(&self) -> &Layout {
        layout()
    }

    #[inline(always)]
    fn u64(&self, at: u64) -> Option<u64> {
        u64_at(at)
    }

    #[inline(always)]
    fn u32(&self, at: u64) -> Option<u32> {
        u32_at(at)
    }

    #[inline(always)]
    fn text(&self, at: u64, to: &mut [u8; NAME]) -> Option<usize> {
        text_at(at, to)
    }

    #[inline(always)]
    fn anchor(&self, id: &FileId) -> Option<Anchor> {
        // SAFETY: the value is copied out at once; the agent replaces whole values.
        unsafe { ANCHORS.get(id) }.copied()
    }

    #[inline(always)]
    fn grants(&self, grant: &DeviceGrant) -> bool {
        granted(grant)
    }

    #[inline(always)]
    fn mount_ns(&self) -> u64 {
        self.mount_ns
    }
}
