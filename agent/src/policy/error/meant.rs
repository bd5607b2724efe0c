//! What people write who know other tools, and what it is called here.

/// Words of Docker's, of Kubernetes' and of everyday speech.
const WORDS: &[(&str, &str)] = &[
    ("add_capabilities", "capabilities"),
    ("allow", "contain"),
    ("bpf", "kernel-code"),
    ("cap_add", "capabilities"),
    ("cap_drop", "capabilities"),
    ("caps", "capabilities"),
    ("container", "name"),
    ("ebpf", "kernel-code"),
    ("hostIPC", "host_namespaces"),
    ("hostNetwork", "host_namespaces"),
    ("hostPID", "host_namespaces"),
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
    ("readonly", "access"),
    ("runAsNonRoot", "user"),
    ("socket", "runtime-socket"),
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
