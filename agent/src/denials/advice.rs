//! What a denial means and what to do if the act is wanted.

use probe_common::{
    record,
    rule::{causes, rules},
};

use super::Target;

/// MITRE ATT&CK techniques: escape to host, process injection.
pub(super) fn attack(rule: u32) -> Vec<String> {
    let ids: &[&str] = match rule {
        rules::FOREIGN_PROCESS => &["T1611", "T1055"],
        _ => &["T1611"],
    };
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// One concrete thing, or nothing.
pub(super) fn hint(denial: &record::Denial, target: &Target) -> Option<String> {
    let path = target.host_path.as_deref().unwrap_or("/");
    Some(match (denial.rule, denial.cause) {
        (_, causes::OUT_OF_STEPS) => {
            "this container has more mounts than can be checked: give it fewer".into()
        }
        (_, causes::UNREADABLE) => {
            "try again; if it stays, report it with the kernel's version".into()
        }
        (_, causes::NO_MEMORY) => "the kernel had no memory for it: try again".into(),
        (_, causes::NO_WINDOW) => {
            "the target could not be seen on this kernel: `bulkhead status` names the missing hook"
                .into()
        }
        (rules::BLOCK_DEVICE, _) | (_, causes::BLOCK_DEVICE) => {
            "mount the disk on the host and let a directory of it in with host_paths, if this is \
             wanted"
                .into()
        }
        (rules::HOST_PATH, causes::NOT_READ_ONLY) => format!(
            "mount it read-only, or write host_paths = [{{ path = {path:?}, access = \"rw\" }}], \
             if this is wanted"
        ),
        (rules::HOST_PATH, _) if target.path.as_deref() == Some("/") => format!(
            "{path} is the container's own root: keep bundles where the runtime keeps its own, or \
             add host_paths = [{{ path = {path:?}, access = \"rw\" }}] to a profile"
        ),
        (rules::HOST_PATH, _) => format!(
            "add host_paths = [{{ path = {path:?} }}] to a profile and assign it, if this is wanted"
        ),
        (rules::MOUNT, _) => {
            "let the runtime make the mount (`-v`, `--tmpfs`): a container may not change its own"
                .into()
        }
        (rules::SETNS, _) => "tools that enter namespaces belong on the host".into(),
        (rules::FOREIGN_PROCESS, _) => {
            "start the container without the host's processes (no `--pid=host`)".into()
        }
        _ => return None,
    })
}
