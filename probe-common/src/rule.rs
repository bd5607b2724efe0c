//! Names of rules, hooks, verdicts and causes. Numbers cross the boundary; an unknown number has an
//! answer too, because the other side may be older or newer.

/// Declares a numbered set of names with one table, so that the two never drift.
macro_rules! named {
    ($(#[$doc:meta])* $module:ident { $($(#[$item:meta])* $name:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        pub mod $module {
            $($(#[$item])* pub const $name: u32 = $number;)*
            /// Every number with its name.
            pub const ALL: &[(u32, &str)] = &[$(($name, $text)),*];
            /// The name of a number; `None` for one this build does not know.
            #[must_use]
            pub fn name(number: u32) -> Option<&'static str> {
                ALL.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
            }
        }
    };
}

named! {
    /// What a denial is about.
    rules {
        /// A host path that no anchor covers enters a container.
        HOST_PATH = 1 "host-path",
        /// A filesystem on a block device of the host enters a container.
        BLOCK_DEVICE = 2 "block-device",
        /// A contained task changes its mounts.
        MOUNT = 3 "mount",
        /// A contained task enters a namespace that is not its own.
        SETNS = 4 "setns",
        /// A contained task reaches into a process outside its container.
        FOREIGN_PROCESS = 5 "foreign-process",
    }
}

named! {
    /// The kernel's names of the hooks that refuse.
    hooks {
        BPRM_CHECK_SECURITY = 1 "bprm_check_security",
        TASK_ALLOC = 2 "task_alloc",
        SB_MOUNT = 3 "sb_mount",
        MOVE_MOUNT = 4 "move_mount",
        SB_KERN_MOUNT = 5 "sb_kern_mount",
        SB_UMOUNT = 6 "sb_umount",
        SB_REMOUNT = 7 "sb_remount",
        SB_PIVOTROOT = 8 "sb_pivotroot",
        CAPABLE = 9 "capable",
        PTRACE_ACCESS_CHECK = 10 "ptrace_access_check",
        TASK_KILL = 11 "task_kill",
    }
}

named! {
    /// What became of the act.
    verdicts {
        DENIED = 1 "denied",
        /// Would have been refused; the profile is in audit mode.
        AUDITED = 2 "audited",
    }
}

named! {
    /// Why, where the rule alone does not say it.
    causes {
        NONE = 0 "none",
        /// No anchor on a way from the mount's root to the host's `/`.
        UNANCHORED = 1 "unanchored",
        /// An anchor on the way, but for read-only mounts.
        NOT_READ_ONLY = 2 "not-read-only",
        /// A filesystem on a block device.
        BLOCK_DEVICE = 3 "block-device",
        /// The walk through the mount tree did not end within its steps.
        OUT_OF_STEPS = 4 "out-of-steps",
        /// Kernel memory could not be read, or kept changing under the walk.
        UNREADABLE = 5 "unreadable",
        /// The label, or the walk's state, could not be stored.
        NO_MEMORY = 6 "no-memory",
        /// The window around setns was missing, so the target is unknown.
        NO_WINDOW = 7 "no-window",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_number_has_no_name() {
        assert_eq!(rules::name(0), None);
        assert_eq!(rules::name(rules::HOST_PATH), Some("host-path"));
        assert_eq!(hooks::name(9999), None);
    }

    #[test]
    fn numbers_and_names_are_unique() {
        for all in [rules::ALL, hooks::ALL, verdicts::ALL, causes::ALL] {
            for (i, a) in all.iter().enumerate() {
                assert!(
                    all.iter().skip(i + 1).all(|b| a.0 != b.0 && a.1 != b.1),
                    "{a:?}"
                );
            }
        }
    }
}
