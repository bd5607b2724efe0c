//! The label of a task: inherited by fork and thread, never removed, never recomputed.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::pod::pod;

/// Value of the task storage `LABELS`. A task without one is a host task.
///
/// It begins with a [`Lasting`] in every layout.
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
    /// Kind the task gets when the exec under way is committed, 0 for none.
    pub pending: u32,
    /// Numbers of the namespaces the task was admitted with: those it may enter again.
    pub own: [u32; NAMESPACES],
    /// Number of the namespace a `setns` under way is about to enter, 0 outside of one; with [`OWNED`]
    /// where that is the container's own.
    pub window: u64,
    /// When it was admitted (`CLOCK_BOOTTIME`): a namespace that got one of these numbers later is
    /// another one.
    pub admitted: u64,
    /// The cgroup it was admitted in.
    pub cgroup: u64,
    /// Before the others move in the next layout, one is added.
    #[cfg(feature = "next-layout")]
    pub next: u64,
}
#[cfg(not(feature = "next-layout"))]
pod!(Label, 80);
#[cfg(feature = "next-layout")]
pod!(Label, 88);

/// What the agent of another layout may rely on in a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Lasting {
    pub kind: u32,
    pub flags: u32,
    pub container: u64,
    pub profile: u32,
    pub pending: u32,
    pub own: [u32; NAMESPACES],
}
pod!(Lasting, 56);
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(Label, kind) == offset_of!(Lasting, kind));
    assert!(offset_of!(Label, flags) == offset_of!(Lasting, flags));
    assert!(offset_of!(Label, container) == offset_of!(Lasting, container));
    assert!(offset_of!(Label, profile) == offset_of!(Lasting, profile));
    assert!(offset_of!(Label, pending) == offset_of!(Lasting, pending));
    assert!(offset_of!(Label, own) == offset_of!(Lasting, own));
};

impl Label {
    /// Of a task that nothing is known about yet.
    pub const HOST: Self = Self {
        kind: KIND_HOST,
        flags: 0,
        container: 0,
        profile: 0,
        pending: 0,
        own: [0; NAMESPACES],
        window: 0,
        admitted: 0,
        cgroup: 0,
        #[cfg(feature = "next-layout")]
        next: 0,
    };
}

/// Value of `NAMESPACES`: a namespace that some container is in or has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Namespace {
    /// Identity of the container whose task made it; 0 for one made by a runtime.
    pub owner: u64,
    /// When it was entered here (`CLOCK_BOOTTIME`).
    pub since: u64,
}
pod!(Namespace, 16);

/// Kinds of namespaces: mnt, pid, net, uts, ipc, cgroup, time, user.
pub const NAMESPACES: usize = 8;
/// Their names in `/proc/PID/ns`.
pub const NAMES: [&str; NAMESPACES] = ["mnt", "pid", "net", "uts", "ipc", "cgroup", "time", "user"];
/// Where in that order some of them are.
pub const PID: usize = 1;
pub const NET: usize = 2;
pub const UTS: usize = 3;
pub const IPC: usize = 4;
pub const USER: usize = 7;

/// A host task that carries a label only because an exec is under way.
pub const KIND_HOST: u32 = 0;
/// Descends from an OCI runtime binary, or was seen changing its root in a container cgroup.
/// Trusted code: never refused anything.
pub const KIND_SETUP: u32 = 1;
/// Has executed something inside a container, or descends from a task that has.
pub const KIND_CONTAINED: u32 = 2;

/// `pivot_root` was called on the way here, so the root is the container's even where it is the
/// host's own directory (`podman run --rootfs /`).
pub const FLAG_PIVOTED: u32 = 1;
/// Descends from an execution of a known runtime binary with the host's mounts or at least its root.
pub const FLAG_RUNTIME: u32 = 2;
/// The kernel is asking whether this task may see the memory of a process outside its container.
pub const FLAG_FOREIGN_MEMORY: u32 = 4;

/// Marks a window on a namespace of the container's.
pub const OWNED: u64 = 1 << 63;

/// Marks an identity made from a mount namespace's number.
pub const BY_DESCENT: u64 = 1 << 63;
