//! Names of the system calls that the hooks are reached by.

mod i386;
#[cfg(target_arch = "x86_64")]
mod x86_64;

/// Set in a record's number where it is of i386 (`int 0x80` in a 64-bit program, or a 32-bit one).
const I386: u32 = 0x4000_0000;

/// Calls that have one number on every architecture.
const COMMON: &[(u32, &str)] = &[
    (424, "pidfd_send_signal"),
    (426, "io_uring_enter"),
    (428, "open_tree"),
    (429, "move_mount"),
    (430, "fsopen"),
    (431, "fsconfig"),
    (432, "fsmount"),
    (433, "fspick"),
    (434, "pidfd_open"),
    (435, "clone3"),
    (437, "openat2"),
    (438, "pidfd_getfd"),
    (439, "faccessat2"),
    (440, "process_madvise"),
    (442, "mount_setattr"),
    (443, "quotactl_fd"),
    (452, "fchmodat2"),
    (467, "open_tree_attr"),
];

#[cfg(target_arch = "x86_64")]
const NAMES: &[(u32, &str)] = x86_64::NAMES;

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
];

/// The name, or the number where the name is not known here; `None` where there was no number.
pub(super) fn name(number: u32) -> Option<String> {
    if number == u32::MAX {
        return None;
    }
    Some(if number & I386 == 0 {
        in_table(NAMES, number)
    } else {
        format!("{} (i386)", in_table(i386::NAMES, number & !I386))
    })
}

fn in_table(names: &[(u32, &str)], number: u32) -> String {
    let known = names.iter().chain(COMMON).find(|(n, _)| *n == number);
    known.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
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

    #[test]
    fn calls_of_i386_are_named_as_such() {
        assert_eq!(name(I386 | 346).as_deref(), Some("setns (i386)"));
        assert_eq!(
            name(I386 | 342).as_deref(),
            Some("open_by_handle_at (i386)")
        );
        assert_eq!(name(I386 | 437).as_deref(), Some("openat2 (i386)"));
        assert_eq!(name(I386 | 9_999).as_deref(), Some("9999 (i386)"));
    }

    #[test]
    fn no_number_stands_twice() {
        for names in [NAMES, i386::NAMES] {
            let mut numbers: Vec<_> = names.iter().chain(COMMON).map(|(n, _)| *n).collect();
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), all);
        }
    }
}
