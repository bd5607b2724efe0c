//! What a denial means and what to do if the act is wanted.

use probe_common::{
    record,
    rule::{causes, hooks, rules},
};

use super::{
    Holder, Target, Violation,
    settings::{self, settings},
};

const ESCAPE: &str = "T1611";
const INJECTION: &str = "T1055";
const EXPLOIT: &str = "T1068";
const KERNEL_MODULE: &str = "T1547.006";
const DENIAL_OF_SERVICE: &str = "T1499";
const SHUTDOWN: &str = "T1529";

/// MITRE ATT&CK techniques that the act is a step of.
pub(super) fn attack(record: &record::Denial, syscall: Option<&str>) -> Vec<String> {
    let ids: &[&str] = match (record.rule, record.hook) {
        (
            rules::FOREIGN_PROCESS,
            hooks::TASK_SETNICE
            | hooks::TASK_SETIOPRIO
            | hooks::TASK_SETSCHEDULER
            | hooks::TASK_SETRLIMIT,
        ) => &[DENIAL_OF_SERVICE],
        (rules::FOREIGN_PROCESS, _) => &[ESCAPE, INJECTION],
        (rules::KERNEL_CODE, _) if about_a_module(syscall) => &[ESCAPE, KERNEL_MODULE],
        (rules::KERNEL_CODE, hooks::CAPABLE) => &[SHUTDOWN],
        (rules::KERNEL_CODE, hooks::BPF | hooks::PERF_EVENT_OPEN) => &[ESCAPE, EXPLOIT],
        (rules::KERNEL_CODE, hooks::KERNEL_MODULE_REQUEST)
        | (rules::USER_NAMESPACE | rules::CRYPTO_SOCKET, _) => &[EXPLOIT],
        _ => &[ESCAPE],
    };
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// `init_module`, `finit_module` or `delete_module`, also of i386.
fn about_a_module(syscall: Option<&str>) -> bool {
    syscall.is_some_and(|name| {
        ["init_module", "finit_module", "delete_module"]
            .iter()
            .any(|call| name.starts_with(call))
    })
}

/// One concrete thing, or nothing.
pub(super) fn hint(
    denial: &record::Denial,
    (target, violations): (&Target, &[Violation]),
    holder: Holder<'_>,
) -> Option<String> {
    let profile = holder.profile;
    let path = target.host_path.as_deref().unwrap_or("/");
    let entry = settings::entry(path, violations.first().and_then(|first| first.access));
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
        _ if violations.len() > 1 => return settings(violations, profile),
        (rules::BLOCK_DEVICE, _) | (_, causes::BLOCK_DEVICE) => {
            "mount the disk on the host and let a directory of it in with host_paths, if this is \
             wanted"
                .into()
        }
        (rules::HOST_PATH, _) if path == "/" => whole_host(target),
        (rules::HOST_PATH, causes::NOT_READ_ONLY) => {
            format!("mount it read-only, or write host_paths = [{entry}], if this is wanted")
        }
        (rules::HOST_PATH, _) if target.path.as_deref() == Some("/") => format!(
            "{path} is the container's own root: keep bundles where the runtime keeps its own, or \
             add host_paths = [{entry}] to profile {profile}"
        ),
        (rules::HOST_PATH, _) => {
            format!("add host_paths = [{entry}] to profile {profile}, if this is wanted")
        }
        _ if !violations.is_empty() => return settings(violations, profile),
        _ => return containment(denial, target, holder),
    })
}

/// No key of the policy is worth offering for `/`.
fn whole_host(target: &Target) -> String {
    if target.path.as_deref() == Some("/") {
        return "/ is the container's own root: keep bundles where the runtime keeps its own"
            .into();
    }
    "nobody should let the whole host into a container: mount only the directory that it needs"
        .into()
}

/// The same for what a running container did.
fn containment(denial: &record::Denial, target: &Target, holder: Holder<'_>) -> Option<String> {
    Some(match (denial.rule, denial.cause) {
        (rules::MOUNT, causes::SETUP) => {
            "this would be mounted on the host as well: leave the propagation of what is above it \
             private (no `rshared`), or mount nothing below it"
                .into()
        }
        (rules::DEVICE, causes::SETUP) => {
            "this would leave a device node in a directory of the host: give the device its place \
             in /dev"
                .into()
        }
        (rules::MOUNT, _) => {
            "let the runtime make the mount (`-v`, `--tmpfs`): a container may not change its own"
                .into()
        }
        (rules::SETNS, _) => "tools that enter namespaces belong on the host".into(),
        (rules::FOREIGN_PROCESS, _) => {
            "start the container without the host's processes (no `--pid=host`)".into()
        }
        (rules::FOREIGN_FILE, causes::WORKING_DIRECTORY) => {
            "give a working directory inside the container (`-w /`)".into()
        }
        (rules::FOREIGN_FILE, _) => {
            "let the directory in as a volume with host_paths, instead of a descriptor of it".into()
        }
        (rules::NAMESPACE_FILE, _) => allow("namespace-file", holder),
        (rules::KERNEL_INTERFACE, causes::SETUP) => {
            "an OCI hook writes a setting of the whole machine: do it on the host".into()
        }
        (rules::KERNEL_INTERFACE, _) => {
            "write it on the host: it is a setting of the whole machine, or another cgroup's".into()
        }
        (rules::DEVICE, _) => allow("device", holder),
        (rules::RUNTIME_SOCKET, _) => match &target.socket {
            Some(socket) if socket.starts_with('/') => format!(
                "add host_paths = [{{ path = {socket:?} }}] to profile {}, if this is wanted",
                holder.profile
            ),
            _ => allow("runtime-socket", holder),
        },
        (rules::KERNEL_CODE, _) => kernel_code(denial, target, holder),
        (rules::USER_NAMESPACE, _) => allow("user-namespace", holder),
        (rules::CRYPTO_SOCKET, _) => allow("crypto-socket", holder),
        (rules::HANDLE, _) => allow("handle", holder),
        _ => return None,
    })
}

fn kernel_code(denial: &record::Denial, target: &Target, holder: Holder<'_>) -> String {
    match (denial.hook, &target.module) {
        (hooks::KERNEL_MODULE_REQUEST, Some(module)) => format!(
            "load the module on the host before the container needs it, if it is wanted: \
             modprobe {module}"
        ),
        (hooks::KERNEL_READ_FILE | hooks::KERNEL_LOAD_DATA, _) => {
            "load modules and kernels on the host".into()
        }
        (hooks::CAPABLE, _) => "load and unload modules, and reboot, on the host".into(),
        (hooks::BPF, _) => "load BPF programs from the host".into(),
        _ => allow("kernel-code", holder),
    }
}

/// With what the profile allows already, because a list replaces that.
fn allow(rule: &str, holder: Holder<'_>) -> String {
    let mut list = holder.allowed.containment();
    // The policy may have changed since.
    if !list.contains(&rule) {
        list.push(rule);
    }
    let list = list.join("\", \"");
    let profile = holder.profile;
    format!(
        "write contain.allow = [\"{list}\"] in profile {profile}, if this is wanted in every container that has it"
    )
}
