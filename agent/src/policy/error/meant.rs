//! What people write who know other tools, and what it is called here.

/// Words of Docker's, of Kubernetes' and of everyday speech.
const WORDS: &[(&str, &str)] = &[
    ("add_capabilities", "capabilities"),
    ("allow", "contain"),
    ("allowPrivilegeEscalation", "no_new_privs"),
    ("bpf", "kernel-code"),
    ("cap_add", "capabilities"),
    ("cap_drop", "capabilities"),
    ("caps", "capabilities"),
    ("container", "name"),
    ("ebpf", "kernel-code"),
    ("hostIPC", "host_namespaces"),
    ("host_ipc", "host_namespaces"),
    ("host_network", "host_namespaces"),
    ("host_pid", "host_namespaces"),
    ("hostIPC", "ipc"),
    ("hostNetwork", "host_namespaces"),
    ("hostNetwork", "net"),
    ("hostPID", "host_namespaces"),
    ("hostPID", "pid"),
    ("hostPath", "host_paths"),
    ("inherits", "extends"),
    ("ipcns", "ipc"),
    ("labels", "label"),
    ("mode", "access"),
    ("module", "kernel-code"),
    ("mounts", "host_paths"),
    ("netns", "net"),
    ("network", "net"),
    ("paths", "host_paths"),
    ("pidns", "pid"),
    ("privileged", "extends"),
    ("process", "pid"),
    ("ptrace", "foreign-process"),
    ("readOnly", "access"),
    ("readonly", "access"),
    ("ro", "access"),
    ("runAsNonRoot", "user"),
    ("socket", "runtime-socket"),
    ("source", "path"),
    ("src", "path"),
    ("userns", "user-namespace"),
    ("userns", "user"),
    ("volumes", "host_paths"),
];

/// The one of `known` that this word stands for elsewhere.
pub fn meant<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let fitting = WORDS.iter().filter(|(from, _)| *from == word);
    fitting
        .filter_map(|(_, to)| known.iter().find(|known| *known == to))
        .copied()
        .next()
}

/// How to write a key whose value has another shape.
pub fn shape(key: &str, found: &str) -> Option<&'static str> {
    Some(match (key, found) {
        ("host_paths", _) => "write host_paths = [{ path = \"/srv/data\", access = \"ro\" }]",
        ("profile", "a table") => "write [[profile]], with its name below: name = \"web\"",
        ("assign", "a table") => "write [[assign]], one for each",
        ("image" | "namespace" | "runtime", "a list") => {
            "one pattern may mean several, as \"{web,db}-*\"; or write an [[assign]] for each"
        }
        ("capabilities", _) => "write capabilities.add = [\"SYS_TIME\"]",
        ("contain", _) => "write contain.allow = [\"mount\"]",
        ("label", _) => "write label.role = \"backup\", with the label's own name",
        ("pod_label", _) => "write pod_label.app = \"web\", with the label's own name",
        ("mode", _) => "write mode = \"enforce\" or mode = \"audit\"",
        ("no_new_privs", _) => "write no_new_privs = \"required\" or \"any\"",
        ("seccomp", _) => "write seccomp = \"required\" or \"any\"",
        ("proc_mount", _) => "write proc_mount = \"default\" or \"unmasked\"",
        ("user", _) => "write user = \"non-root\" or \"any\"",
        ("access", _) => "write access = \"ro\" or \"rw\"",
        ("devices", _) => "write devices = [\"/dev/sdb\"]",
        (_, "a string") => "write it in brackets: [\"…\"]",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_be_another_tools() {
        assert_eq!(
            meant("userns", &["mount", "user-namespace"]),
            Some("user-namespace")
        );
        assert_eq!(meant("userns", &["pid", "user"]), Some("user"));
        assert_eq!(meant("bpf", &["pid", "user"]), None);
        assert_eq!(meant("nothing", &["pid"]), None);
    }
}
