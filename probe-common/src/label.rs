//! The label of a task: inherited by fork and thread, never removed, never recomputed.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::pod::pod;

/// Value of the task storage `LABELS`. A task without one is a host task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Label {
    /// One of the `KIND_` constants; an unknown kind is treated as contained.
    pub kind: u32,
    /// `FLAG_` bits.
    pub flags: u32,
    /// Identity of the container, 0 while there is none: the id of its cgroup, or for a container
    /// known only by descent its mount namespace's number with `BY_DESCENT` set.
    pub container: u64,
    /// Index into `PROFILES`.
    pub profile: u32,
    pub reserved: u32,
}
pod!(Label, 24);

/// Descends from an OCI runtime binary, or was seen changing its root in a container cgroup.
/// Trusted code: never refused anything.
pub const KIND_SETUP: u32 = 1;
/// Has executed something inside a container, or descends from a task that has.
pub const KIND_CONTAINED: u32 = 2;

/// `pivot_root` was called on the way here, so the root is the container's even where it is the
/// host's own directory (`podman run --rootfs /`).
pub const FLAG_PIVOTED: u32 = 1;
/// Descends from an execution of a known runtime binary in the host's mount namespace.
pub const FLAG_RUNTIME: u32 = 2;

/// Marks an identity made from a mount namespace's number.
pub const BY_DESCENT: u64 = 1 << 63;
