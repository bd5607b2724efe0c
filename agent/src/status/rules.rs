//! Which rules hold: each with the programs it needs.

use probe_common::{admission::RULES, rule::rules};
use serde::{Deserialize, Serialize};

use super::Hook;
use crate::policy::Allowed;

/// A rule and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    /// `active`, `allowed` (by the policy, so it does not hold), `partly` (some of its hooks are
    /// missing) or `absent` (all of them are).
    pub state: String,
    /// Its hooks, by the names of the programs.
    pub hooks: Vec<String>,
    /// Those of its hooks that this kernel lacks or that failed.
    pub missing: Vec<String>,
}

const FILES: &[&str] = &["file_open", "file_receive"];
const PATHS: &[&str] = &[
    "path_unlink",
    "path_mkdir",
    "path_rmdir",
    "path_mknod",
    "path_symlink",
    "path_link",
    "path_rename",
    "path_truncate",
    "path_chmod",
    "path_chown",
    "path_chroot",
];
const NAMESPACES: &[&str] = &["inum_made", "inum_freed"];
const MOUNT: &[&str] = &[
    "sb_mount",
    "move_mount",
    "sb_kern_mount",
    "sb_umount",
    "sb_remount",
    "sb_pivotroot",
    "capable",
];
const SETNS: &[&str] = &[
    "capable",
    "mntns_enter",
    "mntns_leave",
    "pidns_enter",
    "pidns_leave",
    "netns_enter",
    "netns_leave",
    "utsns_enter",
    "utsns_leave",
    "ipcns_enter",
    "ipcns_leave",
    "cgroupns_enter",
    "cgroupns_leave",
    "timens_enter",
    "timens_leave",
    "userns_enter",
    "userns_leave",
    "net_by_id",
    "net_by_pid",
    "net_by_fd",
    "message_ends",
];
const FOREIGN_PROCESS: &[&str] = &[
    "ptrace_access_check",
    "mm_access_enter",
    "mm_access_leave",
    "capable",
    "task_kill",
    "task_setnice",
    "task_setioprio",
    "task_setscheduler",
    "task_setrlimit",
    "file_fcntl",
    "file_ioctl",
    "file_ioctl_compat",
];
const INTERFACES: &[&str] = &[
    "path_notify",
    "file_ioctl",
    "file_ioctl_compat",
    "capable",
    "key_alloc",
    "syslog",
    "netlink_send",
];
const DEVICE: &[&str] = &["inode_mknod", "file_ioctl", "file_ioctl_compat"];
const KERNEL_CODE: &[&str] = &[
    "bpf",
    "kernel_read_file",
    "kernel_load_data",
    "kernel_module_request",
    "perf_event_open",
    "locked_down",
    "capable",
];

/// The programs that a rule needs, besides those that every rule needs. One program may serve many
/// rules.
fn programs(rule: u32) -> Vec<&'static str> {
    let parts: &[&[&str]] = match rule {
        _ if RULES.contains(&rule) => &[&["bprm_check_security"]],
        rules::MOUNT => &[MOUNT, FILES, PATHS],
        rules::SETNS => &[SETNS, NAMESPACES],
        rules::FOREIGN_PROCESS => &[FOREIGN_PROCESS],
        rules::FOREIGN_FILE => &[&["bprm_check_security"], FILES, PATHS, NAMESPACES],
        rules::NAMESPACE_FILE => &[FILES, NAMESPACES],
        rules::KERNEL_INTERFACE => &[FILES, PATHS, INTERFACES],
        rules::DEVICE => &[FILES, DEVICE],
        rules::RUNTIME_SOCKET => &[&["unix_stream_connect", "unix_may_send"]],
        rules::KERNEL_CODE => &[KERNEL_CODE],
        rules::USER_NAMESPACE => &[&["userns_create"]],
        rules::CRYPTO_SOCKET => &[&["socket_create"]],
        rules::HANDLE => &[&["capable"]],
        _ => &[],
    };
    parts.concat()
}

/// The rules that need this program; none where every rule does.
pub fn needing(program: &str) -> Vec<&'static str> {
    let need = |(rule, _): &&(u32, &str)| programs(*rule).contains(&program);
    let rules = rules::ALL.iter().filter(need);
    rules.map(|(_, name)| *name).collect()
}

/// Every rule there is.
pub fn all(allowed: Allowed, hooks: &[Hook]) -> Vec<Rule> {
    let active = |name: &str| hooks.iter().any(|h| h.name == name && h.is_active());
    let one = |(rule, name): &(u32, &str)| {
        let needed = programs(*rule);
        let missing: Vec<_> = needed.iter().filter(|name| !active(name)).collect();
        let state = if allowed.contains(*rule) {
            "allowed"
        } else if missing.is_empty() {
            "active"
        } else if missing.len() < needed.len() {
            "partly"
        } else {
            "absent"
        };
        Rule {
            name: (*name).to_owned(),
            state: state.to_owned(),
            missing: missing.iter().map(|name| (**name).to_owned()).collect(),
            hooks: needed.iter().map(|name| (*name).to_owned()).collect(),
        }
    };
    rules::ALL.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::PROGRAMS;

    fn hooks(state: impl Fn(&str) -> bool) -> Vec<Hook> {
        let hook = |name: &str| Hook {
            name: name.to_owned(),
            state: if state(name) { "active" } else { "absent" }.to_owned(),
            ..Hook::default()
        };
        PROGRAMS.iter().map(|p| hook(p.name)).collect()
    }

    fn state<'a>(rules: &'a [Rule], name: &str) -> &'a Rule {
        rules.iter().find(|rule| rule.name == name).unwrap()
    }

    #[test]
    fn rules_and_programs_know_each_other() {
        for (rule, name) in rules::ALL {
            for program in programs(*rule) {
                let known = PROGRAMS.iter().any(|p| p.name == program);
                assert!(known, "{name} needs {program}, which is no program");
            }
        }
        for program in PROGRAMS {
            if let Some(rule) = program.rule {
                let needed = programs(rule).contains(&program.name);
                assert!(needed, "{} serves rule {rule}", program.name);
            }
        }
    }

    #[test]
    fn a_program_serves_its_rules() {
        assert_eq!(needing("userns_create"), ["user-namespace"]);
        assert!(needing("file_open").contains(&"device"));
        assert_eq!(needing("task_alloc"), [""; 0]);
    }

    #[test]
    fn a_rule_is_as_good_as_its_hooks() {
        let all_active = all(Allowed::NOTHING, &hooks(|_| true));
        assert!(all_active.iter().all(|rule| rule.state == "active"));
        let rules = all(
            Allowed::BASELINE,
            &hooks(|name| name != "file_open" && name != "bpf"),
        );
        assert_eq!(state(&rules, "kernel-interface").state, "partly");
        assert_eq!(state(&rules, "kernel-code").missing, ["bpf"]);
        assert_eq!(state(&rules, "mount").state, "partly");
        assert_eq!(state(&rules, "setns").state, "active");
        assert_eq!(state(&rules, "user-namespace").state, "allowed");
        let none = all(Allowed::NOTHING, &[]);
        assert!(none.iter().all(|rule| rule.state == "absent"));
    }
}
