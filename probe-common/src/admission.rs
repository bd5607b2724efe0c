//! What admission asks besides the anchors, and the decision. The probe runs it on the task that is
//! about to run, `bulkhead explain` on what was asked for.

use core::hint::black_box;

use crate::{
    container::{Profile, bit},
    file::magic::{
        BINFMT, BPF, CGROUP, CGROUP2, CONFIGFS, DEBUGFS, EFIVARFS, SECURITYFS, SYSFS, TRACEFS,
    },
    rule::rules,
};

/// The capabilities that Docker gives by default, by their numbers.
pub const DOCKERS: u64 = capabilities(&[0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31]);
/// `CAP_NET_BIND_SERVICE`.
pub const NET_BIND_SERVICE: u64 = capabilities(&[10]);

const fn capabilities(numbers: &[u32]) -> u64 {
    let mut set = 0;
    let mut i = 0;
    while i < numbers.len() {
        set |= 1 << numbers[i];
        i += 1;
    }
    set
}

/// Kernel filesystems that a container should not have, by the superblock's magic; the bit is the
/// place in this list. The first [`SHARED`] are innocent where they are read-only.
pub const FILESYSTEMS: &[(u64, &str)] = &[
    (SYSFS, "sysfs"),
    (CGROUP, "cgroup"),
    (CGROUP2, "cgroup2"),
    (DEBUGFS, "debugfs"),
    (TRACEFS, "tracefs"),
    (SECURITYFS, "securityfs"),
    (BPF, "bpf"),
    (CONFIGFS, "configfs"),
    (EFIVARFS, "efivarfs"),
    (BINFMT, "binfmt_misc"),
];
pub const SHARED: usize = 3;

/// The bit of a kernel filesystem, 0 for any other.
#[inline(always)]
#[must_use]
pub const fn filesystem(magic: u64) -> u32 {
    match magic {
        SYSFS => 1,
        CGROUP => 1 << 1,
        CGROUP2 => 1 << 2,
        DEBUGFS => 1 << 3,
        TRACEFS => 1 << 4,
        SECURITYFS => 1 << 5,
        BPF => 1 << 6,
        CONFIGFS => 1 << 7,
        EFIVARFS => 1 << 8,
        BINFMT => 1 << 9,
        _ => 0,
    }
}

/// Do runtimes give it to every container, read-only?
#[inline(always)]
#[must_use]
pub const fn is_everywhere(magic: u64) -> bool {
    let bit = filesystem(magic);
    bit != 0 && bit < 1 << SHARED
}

/// Rules of admission, in the order of the record's `violations`.
pub const RULES: &[u32] = &[
    rules::HOST_PATH,
    rules::BLOCK_DEVICE,
    rules::CAPABILITIES,
    rules::HOST_NAMESPACE,
    rules::KERNEL_FILESYSTEM,
    rules::PROC_MOUNT,
    rules::SECCOMP,
    rules::NO_NEW_PRIVS,
    rules::ROOT_USER,
];

/// What a container has, or asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Facts {
    /// What it can use or get in the host's user namespace: permitted, inheritable and bounding set.
    pub capabilities: u64,
    /// Namespaces that are the host's: bits in the order of `label::NAMESPACES`.
    pub namespaces: u32,
    /// Kernel filesystems that are too open, as [`filesystem`] bits.
    pub filesystems: u32,
    /// The other rules that it breaks, as [`bit`]s.
    pub broken: u32,
}

impl Facts {
    pub const NONE: Self = Self {
        capabilities: 0,
        namespaces: 0,
        filesystems: 0,
        broken: 0,
    };
}

/// What of it the profile does not allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Violations {
    pub capabilities: u64,
    pub namespaces: u32,
    pub filesystems: u32,
    /// Rules, as [`bit`]s; nothing is refused where there is none.
    pub rules: u32,
    /// The rule that a record is called by, 0 where there is none.
    pub first: u32,
}

impl Violations {
    pub const NONE: Self = Self {
        capabilities: 0,
        namespaces: 0,
        filesystems: 0,
        rules: 0,
        first: 0,
    };
}

/// Adds to a set in memory. Each addition is written at once: what is in memory a verifier does not
/// follow, so that two conditions are two states more and not twice as many.
#[inline(always)]
pub fn add(to: &mut u32, bits: u32) {
    *to |= bits;
    black_box(to);
}

/// The decision.
#[inline(always)]
#[must_use]
pub fn decide(profile: &Profile, facts: &Facts) -> Violations {
    let mut found = Violations::NONE;
    decide_into(profile, facts, &mut found);
    found
}

/// The same, into memory.
#[inline(always)]
pub fn decide_into(profile: &Profile, facts: &Facts, found: &mut Violations) {
    found.capabilities = facts.capabilities & !profile.capabilities;
    found.namespaces = facts.namespaces & !profile.namespaces;
    found.filesystems = facts.filesystems & !profile.filesystems;
    found.rules = facts.broken;
    if found.capabilities != 0 {
        add(&mut found.rules, bit(rules::CAPABILITIES));
    }
    if found.namespaces != 0 {
        add(&mut found.rules, bit(rules::HOST_NAMESPACE));
    }
    if found.filesystems != 0 {
        add(&mut found.rules, bit(rules::KERNEL_FILESYSTEM));
    }
    found.rules &= !profile.allow;
    found.first = 0;
    for rule in RULES {
        if found.first == 0 && found.rules & bit(*rule) != 0 {
            add(&mut found.first, *rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_places_in_the_list() {
        for (i, (magic, name)) in FILESYSTEMS.iter().enumerate() {
            assert_eq!(filesystem(*magic), 1 << i, "{name}");
            assert_eq!(is_everywhere(*magic), i < 3, "{name}");
        }
        assert_eq!(filesystem(0xef53), 0);
    }

    #[test]
    fn each_excess_is_its_rule() {
        let profile = Profile {
            capabilities: DOCKERS,
            namespaces: 1 << 3,
            filesystems: 1,
            ..Profile::default()
        };
        let plain = Facts {
            capabilities: DOCKERS,
            namespaces: 1 << 3,
            filesystems: 1,
            broken: 0,
        };
        assert_eq!(decide(&profile, &plain), Violations::default());
        let more = Facts {
            capabilities: DOCKERS | 1 << 21,
            namespaces: 0b1010,
            filesystems: 0b101,
            broken: bit(rules::SECCOMP),
        };
        let found = decide(&profile, &more);
        assert_eq!(found.capabilities, 1 << 21);
        assert_eq!((found.namespaces, found.filesystems), (2, 4));
        let broken = [
            rules::CAPABILITIES,
            rules::HOST_NAMESPACE,
            rules::KERNEL_FILESYSTEM,
            rules::SECCOMP,
        ];
        assert_eq!(
            found.rules,
            broken.into_iter().fold(0, |all, r| all | bit(r))
        );
        let lenient = Profile {
            allow: u32::MAX,
            ..profile
        };
        let none = decide(&lenient, &more);
        assert_eq!((none.rules, none.first), (0, 0));
        assert_eq!(found.first, rules::CAPABILITIES);
    }
}
