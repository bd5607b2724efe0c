//! An anchor: a host directory below which host paths may enter a container.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{limits, pod::pod};

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

/// Value of `ANCHORS`: what the runtime tables allow here, and what the policy allows here. Each is
/// enough.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Anchor {
    /// Of the runtimes' own directories: some hold two kinds of things.
    pub rules: [AnchorRule; RULES],
    /// Profiles whose `host_paths` have this one, for mounts that are read-only and for all.
    pub read_only: Profiles,
    pub writable: Profiles,
}
pod!(Anchor, 112);

/// Rules of one anchor.
pub const RULES: usize = 2;

impl Anchor {
    pub const NONE: Self = Self {
        rules: [AnchorRule::NONE; RULES],
        read_only: Profiles::NONE,
        writable: Profiles::NONE,
    };

    /// What the policy allows here, as a rule.
    #[inline(always)]
    #[must_use]
    pub fn of_policy(&self, profile: u32) -> AnchorRule {
        let flags = if self.writable.contains(profile) {
            ALLOW_DIRECT | ALLOW_MOUNTED | ALLOW_ANY_FS
        } else if self.read_only.contains(profile) {
            ALLOW_DIRECT | ALLOW_MOUNTED | ALLOW_ANY_FS | READ_ONLY
        } else {
            0
        };
        AnchorRule {
            flags,
            ..AnchorRule::NONE
        }
    }
}

/// A set of profiles, by their numbers.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Profiles([u64; PROFILE_WORDS]);
pod!(Profiles, 32);

const PROFILE_WORDS: usize = limits::PROFILES as usize / 64;

impl Profiles {
    pub const NONE: Self = Self([0; PROFILE_WORDS]);

    #[inline(always)]
    #[must_use]
    pub fn contains(&self, profile: u32) -> bool {
        // The mask is the bound that the verifier sees; the compiler must not fold it away.
        let word = core::hint::black_box(profile as usize / 64) & (PROFILE_WORDS - 1);
        profile < limits::PROFILES && self.0[word] >> (profile % 64) & 1 == 1
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// Adds one; a number that no profile can have is left out.
    pub fn insert(&mut self, profile: u32) {
        if let Some(word) = self.0.get_mut(profile as usize / 64) {
            *word |= 1 << (profile % 64);
        }
    }
}

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

impl AnchorRule {
    pub const NONE: Self = Self {
        flags: 0,
        min_depth: 0,
        fs: [0; 4],
    };
}

/// A part of the anchor's own filesystem may be mounted.
pub const ALLOW_DIRECT: u32 = 1;
/// A filesystem mounted below the anchor may be mounted, if its type is listed in `fs`.
pub const ALLOW_MOUNTED: u32 = 2;
/// With `ALLOW_MOUNTED`: of any type, also on a block device.
pub const ALLOW_ANY_FS: u32 = 4;
/// The component just below the anchor must be one of the container's own ids, and what is mounted one
/// of the few things there that are for it (`walk::OWN_FILES`), or a filesystem mounted there.
pub const OWN_ID: u32 = 8;
/// Only read-only mounts.
pub const READ_ONLY: u32 = 16;
/// Only the mount that is the task's root directory: one container's root is not another's volume.
pub const ROOT_ONLY: u32 = 32;
/// Only for BuildKit's `RUN` steps: what they mount are other layers and caches.
pub const BUILD_ONLY: u32 = 64;
/// Only for tasks in a user namespace other than the host's: a place that an unprivileged user
/// decides about.
pub const ROOTLESS_ONLY: u32 = 128;
/// The component just below the anchor must begin with `buildah`, as its temporary folders do.
pub const BUILDAHS: u32 = 256;
/// Below are the kubelet's folders of pods: what it writes into volumes itself only read-only, and
/// nothing by which it could be led elsewhere.
pub const KUBELETS: u32 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_let_in_for_the_profiles_that_name_it() {
        let mut anchor = Anchor::NONE;
        for profile in [0, 63, 64, 255] {
            anchor.read_only.insert(profile);
        }
        anchor.writable.insert(64);
        anchor.writable.insert(256);
        let flags = |profile| anchor.of_policy(profile).flags;
        assert_ne!(flags(0) & READ_ONLY, 0);
        assert_ne!(flags(255) & READ_ONLY, 0);
        assert_eq!(flags(64) & READ_ONLY, 0, "the wider counts");
        assert_eq!((flags(1), flags(256), flags(u32::MAX)), (0, 0, 0));
    }
}
