//! A container as the probe knows it: one entry per container cgroup.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{limits, pod::pod};

/// Value of `CONTAINERS`, keyed by cgroup id.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Container {
    /// The ids whose files are this container's own, zero-filled: first its own, then those of the
    /// containers whose network and IPC namespaces it was asked to share.
    pub ids: [[u8; limits::ID]; 3],
    /// Cgroup id of the container this entry belongs to: itself, or the one it is nested in.
    pub owner: u64,
    /// Index into `PROFILES`.
    pub profile: u32,
    /// `ORDINARY` or `BUILD`; anything unknown is ordinary.
    pub kind: u32,
}
pod!(Container, 208);

/// A container like any other.
pub const ORDINARY: u32 = 0;
/// A `RUN` step of BuildKit.
pub const BUILD: u32 = 1;

/// Profile of every container nothing else is said about.
pub const PROFILE_DEFAULT: u32 = 0;
/// Profile of the canary: always enforced.
pub const PROFILE_CANARY: u32 = 1;

/// Value of `PROFILES`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Profile {
    /// `MODE_ENFORCE` or `MODE_AUDIT`; anything unknown enforces.
    pub mode: u32,
    /// Rules that do not hold, as [`bit`]s.
    pub allow: u32,
    /// What `admission::Facts` may have.
    pub capabilities: u64,
    pub namespaces: u32,
    pub filesystems: u32,
}
pod!(Profile, 24);

/// The bit of a rule in `Profile::allow`.
#[must_use]
pub const fn bit(rule: u32) -> u32 {
    1 << (rule & 31)
}

/// Key of `DEVICE_GRANTS`: a device that the policy gives to a profile.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct DeviceGrant {
    pub profile: u32,
    /// 1 for a block device, 0 for a character device.
    block: u32,
    /// major << 20 | minor.
    pub number: u32,
}
pod!(DeviceGrant, 12);

impl DeviceGrant {
    #[inline(always)]
    #[must_use]
    pub const fn new(profile: u32, block: bool, number: u32) -> Self {
        Self {
            profile,
            block: block as u32,
            number,
        }
    }
}

pub const MODE_ENFORCE: u32 = 0;
pub const MODE_AUDIT: u32 = 1;
