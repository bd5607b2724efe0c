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
        /// A contained task uses a file through a mount that is not its container's.
        FOREIGN_FILE = 6 "foreign-file",
        /// A contained task gets hold of a namespace that is not its own.
        NAMESPACE_FILE = 7 "namespace-file",
        /// A contained or set-up task writes a setting of the whole machine.
        KERNEL_INTERFACE = 8 "kernel-interface",
        /// A contained task opens or makes a disk, or another device that leads to the host.
        DEVICE = 9 "device",
        /// A contained task connects to a socket of the host.
        RUNTIME_SOCKET = 10 "runtime-socket",
        /// A contained task brings code into the kernel, or looks into it.
        KERNEL_CODE = 11 "kernel-code",
        /// A contained task makes a user namespace.
        USER_NAMESPACE = 12 "user-namespace",
        /// A contained task asks for the kernel's cryptography.
        CRYPTO_SOCKET = 13 "crypto-socket",
        /// A contained task opens a file by its handle.
        HANDLE = 14 "handle",
        /// A container has capabilities on the host that its profile does not let it have.
        CAPABILITIES = 15 "capabilities",
        /// A container shares a namespace of the host.
        HOST_NAMESPACE = 16 "host-namespace",
        /// A container has a filesystem of the kernel that it can change the host by.
        KERNEL_FILESYSTEM = 17 "kernel-filesystem",
        /// A container's `/proc` shows what runtimes mask.
        PROC_MOUNT = 18 "proc-mount",
        /// A container runs without a seccomp filter.
        SECCOMP = 19 "seccomp",
        /// A container's programs may gain privileges by what they execute.
        NO_NEW_PRIVS = 20 "no-new-privs",
        /// A container runs as the host's user 0.
        ROOT_USER = 21 "root-user",
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
        FILE_OPEN = 12 "file_open",
        FILE_RECEIVE = 13 "file_receive",
        FILE_IOCTL = 14 "file_ioctl",
        FILE_IOCTL_COMPAT = 15 "file_ioctl_compat",
        INODE_MKNOD = 16 "inode_mknod",
        UNIX_STREAM_CONNECT = 17 "unix_stream_connect",
        UNIX_MAY_SEND = 18 "unix_may_send",
        BPF = 19 "bpf",
        KERNEL_READ_FILE = 20 "kernel_read_file",
        KERNEL_LOAD_DATA = 21 "kernel_load_data",
        KERNEL_MODULE_REQUEST = 22 "kernel_module_request",
        PERF_EVENT_OPEN = 23 "perf_event_open",
        LOCKED_DOWN = 24 "locked_down",
        USERNS_CREATE = 25 "userns_create",
        SOCKET_CREATE = 26 "socket_create",
        PATH_UNLINK = 27 "path_unlink",
        PATH_MKDIR = 28 "path_mkdir",
        PATH_RMDIR = 29 "path_rmdir",
        PATH_MKNOD = 30 "path_mknod",
        PATH_SYMLINK = 31 "path_symlink",
        PATH_LINK = 32 "path_link",
        PATH_RENAME = 33 "path_rename",
        PATH_TRUNCATE = 34 "path_truncate",
        PATH_CHMOD = 35 "path_chmod",
        PATH_CHOWN = 36 "path_chown",
        PATH_CHROOT = 37 "path_chroot",
        TASK_SETNICE = 38 "task_setnice",
        TASK_SETIOPRIO = 39 "task_setioprio",
        TASK_SETSCHEDULER = 40 "task_setscheduler",
        TASK_SETRLIMIT = 41 "task_setrlimit",
        FILE_FCNTL = 42 "file_fcntl",
        PATH_NOTIFY = 43 "path_notify",
        KEY_ALLOC = 44 "key_alloc",
        SYSLOG = 45 "syslog",
        NETLINK_SEND = 46 "netlink_send",
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
        /// The working directory is not in the container's mounts (CVE-2024-21626).
        WORKING_DIRECTORY = 8 "working-directory",
        /// By a task that sets a container up.
        SETUP = 9 "set-up",
        /// A filesystem of the kernel's, writable or one that no container needs.
        KERNEL_FILESYSTEM = 10 "kernel-filesystem",
        /// A `/proc` without the masks that runtimes put over it.
        UNMASKED = 11 "unmasked",
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
