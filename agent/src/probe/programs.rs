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
    Program { name, target: name, kind: Kind::Lsm, rule }
}

const fn tracepoint(name: &'static str) -> Program {
    Program { name, target: name, kind: Kind::Tracepoint, rule: None }
}

const fn entry(name: &'static str, target: &'static str) -> Program {
    Program { name, target, kind: Kind::Entry, rule: Some(rules::SETNS) }
}

const fn exit(name: &'static str, target: &'static str) -> Program {
    Program { name, target, kind: Kind::Exit, rule: Some(rules::SETNS) }
}

/// In the order in which they are attached: labels are kept before anything is refused, and a
/// window is open before `capable` asks for it.
pub const PROGRAMS: &[Program] = &[
    tracepoint("cgroup_mkdir"),
    tracepoint("cgroup_release"),
    lsm("task_alloc", None),
    lsm("bprm_committed_creds", None),
    entry("mntns_enter", "mntns_install"),
    exit("mntns_leave", "mntns_install"),
    entry("pidns_enter", "pidns_install"),
    exit("pidns_leave", "pidns_install"),
    entry("netns_enter", "netns_install"),
    exit("netns_leave", "netns_install"),
    entry("utsns_enter", "utsns_install"),
    exit("utsns_leave", "utsns_install"),
    entry("ipcns_enter", "ipcns_install"),
    exit("ipcns_leave", "ipcns_install"),
    entry("cgroupns_enter", "cgroupns_install"),
    exit("cgroupns_leave", "cgroupns_install"),
    entry("timens_enter", "timens_install"),
    exit("timens_leave", "timens_install"),
    entry("userns_enter", "userns_install"),
    exit("userns_leave", "userns_install"),
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
];

/// The iterator that learns what the host is and labels running containers.
pub const ITERATOR: &str = "task_iter";
