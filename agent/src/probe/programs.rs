//! Every program of the probe: what it attaches to and which rule it serves.

use probe_common::rule::rules;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Lsm,
    Entry,
    Exit,
    Tracepoint,
}

pub struct Program {
    /// The function in the object.
    pub name: &'static str,
    /// What it attaches to: a hook, a kernel function or a tracepoint.
    pub target: &'static str,
    pub kind: Kind,
    /// `None`: every rule needs it.
    pub rule: Option<u32>,
}

const fn lsm(name: &'static str, rule: Option<u32>) -> Program {
    Program {
        name,
        target: name,
        kind: Kind::Lsm,
        rule,
    }
}

const fn tracepoint(name: &'static str) -> Program {
    Program {
        name,
        target: name,
        kind: Kind::Tracepoint,
        rule: None,
    }
}

const fn entry(name: &'static str, target: &'static str, rule: u32) -> Program {
    Program {
        name,
        target,
        kind: Kind::Entry,
        rule: Some(rule),
    }
}

const fn exit(name: &'static str, target: &'static str, rule: u32) -> Program {
    Program {
        name,
        target,
        kind: Kind::Exit,
        rule: Some(rule),
    }
}

/// In the order in which they are attached: labels are kept before anything is refused, and a
/// window is open before `capable` asks for it.
pub const PROGRAMS: &[Program] = &[
    tracepoint("cgroup_mkdir"),
    tracepoint("cgroup_rmdir"),
    lsm("task_free", None),
    lsm("task_alloc", None),
    tracepoint("task_newtask"),
    Program {
        name: "fork_failed",
        target: "copy_process",
        kind: Kind::Exit,
        rule: None,
    },
    lsm("bprm_committed_creds", None),
    exit("inum_made", "proc_alloc_inum", rules::SETNS),
    entry("inum_freed", "proc_free_inum", rules::SETNS),
    entry("mntns_enter", "mntns_install", rules::SETNS),
    exit("mntns_leave", "mntns_install", rules::SETNS),
    entry("pidns_enter", "pidns_install", rules::SETNS),
    exit("pidns_leave", "pidns_install", rules::SETNS),
    entry("netns_enter", "netns_install", rules::SETNS),
    exit("netns_leave", "netns_install", rules::SETNS),
    entry("utsns_enter", "utsns_install", rules::SETNS),
    exit("utsns_leave", "utsns_install", rules::SETNS),
    entry("ipcns_enter", "ipcns_install", rules::SETNS),
    exit("ipcns_leave", "ipcns_install", rules::SETNS),
    entry("cgroupns_enter", "cgroupns_install", rules::SETNS),
    exit("cgroupns_leave", "cgroupns_install", rules::SETNS),
    entry("timens_enter", "timens_install", rules::SETNS),
    exit("timens_leave", "timens_install", rules::SETNS),
    entry("userns_enter", "userns_install", rules::SETNS),
    exit("userns_leave", "userns_install", rules::SETNS),
    exit("net_by_id", "get_net_ns_by_id", rules::SETNS),
    exit("net_by_pid", "get_net_ns_by_pid", rules::SETNS),
    exit("net_by_fd", "get_net_ns_by_fd", rules::SETNS),
    exit("message_ends", "rtnetlink_rcv_msg", rules::SETNS),
    entry("mm_access_enter", "mm_access", rules::FOREIGN_PROCESS),
    exit("mm_access_leave", "mm_access", rules::FOREIGN_PROCESS),
    lsm("bprm_check_security", Some(rules::HOST_PATH)),
    lsm("sb_mount", Some(rules::MOUNT)),
    lsm("move_mount", Some(rules::MOUNT)),
    lsm("sb_kern_mount", Some(rules::MOUNT)),
    lsm("sb_umount", Some(rules::MOUNT)),
    lsm("sb_remount", Some(rules::MOUNT)),
    lsm("sb_pivotroot", Some(rules::MOUNT)),
    lsm("capable", Some(rules::SETNS)),
    lsm("ptrace_access_check", Some(rules::FOREIGN_PROCESS)),
    lsm("task_kill", Some(rules::FOREIGN_PROCESS)),
    lsm("task_setnice", Some(rules::FOREIGN_PROCESS)),
    lsm("task_setioprio", Some(rules::FOREIGN_PROCESS)),
    lsm("task_setscheduler", Some(rules::FOREIGN_PROCESS)),
    lsm("task_setrlimit", Some(rules::FOREIGN_PROCESS)),
    lsm("file_open", Some(rules::FOREIGN_FILE)),
    lsm("file_receive", Some(rules::FOREIGN_FILE)),
    lsm("path_unlink", Some(rules::FOREIGN_FILE)),
    lsm("path_mkdir", Some(rules::FOREIGN_FILE)),
    lsm("path_rmdir", Some(rules::FOREIGN_FILE)),
    lsm("path_mknod", Some(rules::FOREIGN_FILE)),
    lsm("path_symlink", Some(rules::FOREIGN_FILE)),
    lsm("path_link", Some(rules::FOREIGN_FILE)),
    lsm("path_rename", Some(rules::FOREIGN_FILE)),
    lsm("path_truncate", Some(rules::FOREIGN_FILE)),
    lsm("path_chmod", Some(rules::FOREIGN_FILE)),
    lsm("path_chown", Some(rules::FOREIGN_FILE)),
    lsm("path_chroot", Some(rules::FOREIGN_FILE)),
    lsm("path_notify", Some(rules::KERNEL_INTERFACE)),
    lsm("key_alloc", Some(rules::KERNEL_INTERFACE)),
    lsm("syslog", Some(rules::KERNEL_INTERFACE)),
    lsm("netlink_send", Some(rules::KERNEL_INTERFACE)),
    lsm("file_fcntl", Some(rules::FOREIGN_PROCESS)),
    lsm("inode_mknod", Some(rules::DEVICE)),
    lsm("file_ioctl", Some(rules::DEVICE)),
    lsm("file_ioctl_compat", Some(rules::DEVICE)),
    lsm("unix_stream_connect", Some(rules::RUNTIME_SOCKET)),
    lsm("unix_may_send", Some(rules::RUNTIME_SOCKET)),
    lsm("bpf", Some(rules::KERNEL_CODE)),
    lsm("kernel_read_file", Some(rules::KERNEL_CODE)),
    lsm("kernel_load_data", Some(rules::KERNEL_CODE)),
    lsm("kernel_module_request", Some(rules::KERNEL_CODE)),
    lsm("perf_event_open", Some(rules::KERNEL_CODE)),
    lsm("locked_down", Some(rules::KERNEL_CODE)),
    lsm("userns_create", Some(rules::USER_NAMESPACE)),
    lsm("socket_create", Some(rules::CRYPTO_SOCKET)),
];

/// The iterator that learns what the host is and labels running containers.
pub const ITERATOR: &str = "task_iter";
/// The one that takes over the labels of another layout.
pub const INHERITOR: &str = "label_iter";
