//! An anchor: a host directory below which host paths may enter a container.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::pod::pod;

/// A file or directory of the host, as the kernel's own superblock and inode say it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(C)]
pub struct FileId {
    pub ino: u64,
    /// `s_dev` in the kernel's encoding: major << 20 | minor.
    pub dev: u32,
    pub reserved: u32,
}
pod!(FileId, 16);

impl FileId {
    #[must_use]
    pub const fn new(dev: u32, ino: u64) -> Self {
        Self {
            ino,
            dev,
            reserved: 0,
        }
    }
}

/// Value of `ANCHORS`: what the runtime tables allow here, and what the policy allows here. Each rule
/// is enough.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Anchor {
    pub rules: [AnchorRule; RULES],
}
pod!(Anchor, 72);

/// Rules of one anchor.
pub const RULES: usize = 3;

/// Slots of `Anchor::rules` for the runtimes' own directories: some hold two kinds of things.
pub const SLOTS_RUNTIME: [usize; 2] = [0, 1];
/// Slot of `Anchor::rules` for the policy's `host_paths`.
pub const SLOT_POLICY: usize = 2;

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct AnchorRule {
    /// `ALLOW_` bits; a rule that allows neither `ALLOW_DIRECT` nor `ALLOW_MOUNTED` allows nothing.
    pub flags: u32,
    /// How many components below the anchor the mount's root must lie, at least.
    pub min_depth: u32,
    /// Superblock magics that `ALLOW_MOUNTED` is for; unused slots are 0.
    pub fs: [u32; 4],
}
pod!(AnchorRule, 24);

/// A part of the anchor's own filesystem may be mounted.
pub const ALLOW_DIRECT: u32 = 1;
/// A filesystem mounted below the anchor may be mounted, if its type is listed in `fs`.
pub const ALLOW_MOUNTED: u32 = 2;
/// With `ALLOW_MOUNTED`: of any type, also on a block device.
pub const ALLOW_ANY_FS: u32 = 4;
/// The component just below the anchor must be one of the container's own ids.
pub const OWN_ID: u32 = 8;
/// Only read-only mounts.
pub const READ_ONLY: u32 = 16;
/// Only the mount that is the task's root directory: one container's root is not another's volume.
pub const ROOT_ONLY: u32 = 32;
/// Only for BuildKit's `RUN` steps: what they mount are other layers and caches.
pub const BUILD_ONLY: u32 = 64;
