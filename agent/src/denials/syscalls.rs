//! Names of the system calls that the hooks are reached by.

/// x86_64 numbers.
#[cfg(target_arch = "x86_64")]
const NAMES: &[(u32, &str)] = &[
    (59, "execve"),
    (62, "kill"),
    (101, "ptrace"),
    (155, "pivot_root"),
    (161, "chroot"),
    (165, "mount"),
    (166, "umount2"),
    (200, "tkill"),
    (234, "tgkill"),
    (272, "unshare"),
    (308, "setns"),
    (310, "process_vm_readv"),
    (311, "process_vm_writev"),
    (322, "execveat"),
    (424, "pidfd_send_signal"),
    (428, "open_tree"),
    (429, "move_mount"),
    (430, "fsopen"),
    (431, "fsconfig"),
    (432, "fsmount"),
    (433, "fspick"),
    (434, "pidfd_open"),
    (438, "pidfd_getfd"),
    (442, "mount_setattr"),
    (467, "open_tree_attr"),
    // Opening, reading and linking below /proc/<pid>, which asks for ptrace access.
    (0, "read"),
    (2, "open"),
    (89, "readlink"),
    (257, "openat"),
    (267, "readlinkat"),
    (437, "openat2"),
];

/// Numbers from the generic table, which every newer architecture shares.
#[cfg(not(target_arch = "x86_64"))]
const NAMES: &[(u32, &str)] = &[
    (39, "umount2"),
    (40, "mount"),
    (41, "pivot_root"),
    (117, "ptrace"),
    (129, "kill"),
    (221, "execve"),
    (268, "setns"),
    (281, "execveat"),
    (428, "open_tree"),
    (429, "move_mount"),
    (430, "fsopen"),
    (431, "fsconfig"),
    (432, "fsmount"),
    (433, "fspick"),
    (438, "pidfd_getfd"),
    (442, "mount_setattr"),
    (467, "open_tree_attr"),
];

/// The name, or the number where the name is not known here; `None` where there was no number.
pub(super) fn name(number: u32) -> Option<String> {
    if number == u32::MAX {
        return None;
    }
    let known = NAMES.iter().find(|(n, _)| *n == number);
    Some(known.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_call_keeps_its_number() {
        assert_eq!(name(9_999), Some("9999".to_owned()));
        assert_eq!(name(u32::MAX), None);
        assert_eq!(name(429), Some("move_mount".to_owned()));
    }
}
