//! What to write in the policy for a container that a profile did not let in.

use super::Violation;
use crate::policy::Access;

/// A key of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Takes a list.
    List(&'static str),
    /// With the word that lets it in.
    Word(&'static str, &'static str),
}

/// What lets in what a rule of admission is about; host paths and disks are not of this kind.
pub fn key(rule: &str) -> Option<Key> {
    Some(match rule {
        "capabilities" => Key::List("capabilities.add"),
        "host-namespace" => Key::List("host_namespaces"),
        "kernel-filesystem" => Key::List("kernel_filesystems"),
        "proc-mount" => Key::Word("proc_mount", "unmasked"),
        "seccomp" => Key::Word("seccomp", "any"),
        "no-new-privs" => Key::Word("no_new_privs", "any"),
        "root-user" => Key::Word("user", "any"),
        _ => return None,
    })
}

/// The smallest change that would let all of it in; nothing where no setting should.
pub(super) fn settings(violations: &[Violation], profile: &str) -> Option<String> {
    let mut all = Vec::new();
    for violation in violations {
        all.push(setting(violation)?);
    }
    let ipc = violations
        .iter()
        .any(|v| v.namespaces.iter().any(|n| n == "ipc"));
    let paths: Vec<_> = violations
        .iter()
        // The policy lets it in along with the namespace.
        .filter(|violation| !ipc || violation.host_path.as_deref() != Some("/dev/shm"))
        .filter_map(path)
        .collect();
    if !paths.is_empty() {
        all.push(format!("host_paths = [{}]", paths.join(", ")));
    }
    all.retain(|setting| !setting.is_empty());
    if everything(violations) {
        return Some(
            "start it without --privileged, or assign it a profile that extends privileged".into(),
        );
    }
    let list = all.join(", ");
    (!list.is_empty()).then(|| format!("write {list} in profile {profile}, if this is wanted"))
}

/// All capabilities, as `--privileged` gives them?
fn everything(violations: &[Violation]) -> bool {
    let many = |violation: &Violation| violation.capabilities.len() > 20;
    violations.iter().any(many)
}

fn setting(violation: &Violation) -> Option<String> {
    if violation.rule == "host-path" {
        return Some(String::new());
    }
    Some(match key(&violation.rule)? {
        Key::List(key) => format!("{key} = {:?}", violation.names()),
        Key::Word(key, word) => format!("{key} = \"{word}\""),
    })
}

/// As it stands in `host_paths`.
pub(super) fn entry(path: &str, access: Option<Access>) -> String {
    let access = match access {
        Some(Access::Rw) => ", access = \"rw\"",
        _ => "",
    };
    format!("{{ path = {path:?}{access} }}")
}

fn path(violation: &Violation) -> Option<String> {
    if violation.rule != "host-path" {
        return None;
    }
    let path = violation.host_path.as_deref()?;
    Some(entry(path, violation.access))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(rule: &str) -> Violation {
        Violation {
            rule: rule.into(),
            ..Violation::default()
        }
    }

    #[test]
    fn each_has_its_setting() {
        let all = [
            Violation {
                capabilities: vec!["SYS_PTRACE".into()],
                ..violation("capabilities")
            },
            Violation {
                namespaces: vec!["pid".into(), "net".into()],
                ..violation("host-namespace")
            },
            violation("seccomp"),
            Violation {
                host_path: Some("/srv".into()),
                access: Some(Access::Rw),
                ..violation("host-path")
            },
        ];
        assert_eq!(
            settings(&all, "web").unwrap(),
            "write capabilities.add = [\"SYS_PTRACE\"], host_namespaces = [\"pid\", \"net\"], \
             seccomp = \"any\", host_paths = [{ path = \"/srv\", access = \"rw\" }] in profile web, \
             if this is wanted"
        );
        assert_eq!(settings(&[violation("block-device")], "web"), None);
    }

    #[test]
    fn nobody_writes_forty_capabilities() {
        let all = [Violation {
            capabilities: crate::capabilities::names(crate::capabilities::ALL),
            ..violation("capabilities")
        }];
        assert!(
            settings(&all, "web")
                .unwrap()
                .contains("without --privileged")
        );
    }
}
