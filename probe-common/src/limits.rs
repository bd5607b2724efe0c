//! Sizes both sides compile in. A number here is a promise in `SECURITY.md`: what it bounds refuses
//! or is counted when it is reached, it never lets through.

/// Version of all that lasts longer than an agent: the maps that it pins, what is in them and what
/// it means. An agent takes over what has the same; raise it with every change.
pub const LAYOUT: u32 = if cfg!(feature = "next-layout") { 2 } else { 1 };
/// Bytes of a container id; the ids of Docker, containerd, podman and CRI-O are 64 hex digits.
pub const ID: usize = 64;
/// Bytes of a cgroup's own name that the probe looks at. The kernel's limit is 255.
pub const CGROUP_NAME: usize = 128;
/// Container cgroups at one time.
pub const CONTAINERS: u32 = 16_384;
/// Anchors at one time.
pub const ANCHORS: u32 = 4_096;
/// Profiles at one time.
pub const PROFILES: u32 = 256;
/// Namespaces of containers at one time.
pub const NAMESPACES: u32 = 65_536;
/// Tasks of containers, at one time, one of whose forks has failed.
pub const KEPT: u32 = 65_536;
/// Character devices that containers may not open, by major number.
pub const DEVICES: u32 = 256;
/// Devices that the policy gives to profiles, counted per profile.
pub const DEVICE_GRANTS: u32 = 4_096;
/// Known runtime binaries at one time.
pub const RUNTIMES: u32 = 64;
/// Bytes of host path (names and separators) in a record.
pub const HOST_PATH: usize = 384;
/// Bytes of the path inside the container in a record.
pub const PATH: usize = 192;
/// Bytes of an executable's name in a record.
pub const EXE: usize = 96;
/// Bytes of a task's name, the kernel's `TASK_COMM_LEN`.
pub const COMM: usize = 16;
/// Bytes of a filesystem type's name in a record.
pub const FS: usize = 16;
/// Ring size: about 4,000 denials.
pub const RING: u32 = 4 << 20;
/// Denials a second that a container has room for in the second half of the ring, which one alone
/// cannot fill while an agent is away for less than two minutes.
pub const SHARE: u64 = 16;
/// Containers whose denials in that half are counted at one time.
pub const SHARES: u32 = 1_024;
