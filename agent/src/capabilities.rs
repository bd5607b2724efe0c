//! Capabilities by number and name, as in `linux/capability.h` (41 since 5.9).

const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Every capability there is.
pub const ALL: u64 = (1 << NAMES.len()) - 1;

/// The name without `CAP_`.
pub fn name(number: u32) -> Option<&'static str> {
    NAMES.get(number as usize).copied()
}

/// The number of a name, with or without `CAP_`, in any case.
pub fn number(name: &str) -> Option<u32> {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    let place = NAMES.iter().position(|known| *known == bare)?;
    u32::try_from(place).ok()
}

/// The numbers of a set.
pub fn numbers(set: u64) -> impl Iterator<Item = u32> {
    (0..u64::BITS).filter(move |number| set >> number & 1 == 1)
}

/// The names of a set; a capability of a later kernel has its number.
pub fn names(set: u64) -> Vec<String> {
    let text = |number| name(number).map_or_else(|| number.to_string(), str::to_owned);
    numbers(set).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_people_write_them() {
        for text in ["SYS_ADMIN", "CAP_SYS_ADMIN", "cap_sys_admin", "Sys_Admin"] {
            assert_eq!(number(text), Some(21), "{text}");
        }
        assert_eq!(number("ALL"), None);
        assert_eq!((name(40), name(41)), (Some("CHECKPOINT_RESTORE"), None));
        assert_eq!(names(1 << 12 | 1 << 50), ["NET_ADMIN", "50"]);
        assert!((0..41).all(|n| name(n).and_then(number) == Some(n)));
    }
}
