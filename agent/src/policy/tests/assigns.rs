//! Which container gets what.

use super::*;

fn container(image: &str, name: &str, label: (&str, &str)) -> Info {
    Info {
        image: Some(image.to_owned()),
        name: Some(name.to_owned()),
        runtime: Some("docker"),
        labels: BTreeMap::from([(label.0.to_owned(), label.1.to_owned())]),
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}

const ASSIGNED: &str = r#"
[[profile]]
name = "backup"
[[profile]]
name = "ci"
[[assign]]
image = "registry.example/backup:*"
profile = "backup"
[[assign]]
label."com.example.role" = "ci"
runtime = "docker"
profile = "ci"
mode = "audit"
[[assign]]
name = "web-?"
profile = "ci"
"#;

#[test]
fn the_first_assign_that_fits_counts() {
    let policy = read(ASSIGNED).unwrap();
    let grant = |info: &Info| {
        let Grant { profile, mode } = policy.grant(info);
        (profile, mode)
    };
    let backup = container("registry.example/backup:2", "x", ("com.example.role", "ci"));
    assert_eq!(grant(&backup), ("backup".into(), Mode::Enforce));
    let ci = container("busybox", "web-1", ("com.example.role", "ci"));
    assert_eq!(grant(&ci), ("ci".into(), Mode::Audit));
    let web = container("busybox", "web-1", ("role", "ci"));
    assert_eq!(grant(&web), ("ci".into(), Mode::Enforce));
    let other = container("busybox", "web-10", ("role", "ci"));
    assert_eq!(grant(&other), ("baseline".into(), Mode::Enforce));
    let unknown = Info {
        lookup: Lookup::Pending,
        ..backup
    };
    assert_eq!(
        grant(&unknown),
        ("baseline".into(), Mode::Enforce),
        "not known yet"
    );
    assert_eq!(policy.clone().audited().grant(&web).mode, Mode::Audit);
}

#[test]
fn an_assign_has_conditions_that_can_be_met() {
    #[track_caller]
    fn assign(lines: &str, message: &str) {
        wrong(
            &format!("[[assign]]\n{lines}"),
            &format!("p.toml:{message}"),
        );
    }
    assign("name = \"x\"", "1:1: assign has no `profile`");
    assign("profile = \"baseline\"", "1:1: `assign` has no condition");
    assign(
        "name = \"x\"\nprofile = \"basline\"",
        "3:11: unknown profile \"basline\", did you mean `baseline`?",
    );
    assign(
        "nam = \"x\"\nprofile = \"baseline\"",
        "2:1: unknown key `nam`, did you mean `name`?",
    );
    assign(
        "runtime = \"dockr\"\nprofile = \"baseline\"",
        "2:11: `runtime` is \"dockr\", must be \"containerd\" or \"cri-o\" or \"crun\" or \
         \"docker\" or \"lxc\" or \"podman\" or \"runc\" or \"systemd-nspawn\" or \"youki\"",
    );
    assign(
        "label = \"x\"\nprofile = \"baseline\"",
        "2:9: `label` is a string, must be a table",
    );
    assign(
        "label.x = 1\nprofile = \"baseline\"",
        "2:11: `label` is an integer, must be a string",
    );
    let error = read("[[assign]]\nname = \"[x\"\nprofile = \"baseline\"").unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("p.toml:2:8: \"[x\" is no pattern: "),
        "{error}"
    );
    let never = "this `assign` never fits: one before it fits every container that it would";
    let first = "name = \"x\"\nprofile = \"baseline\"\n[[assign]]\n";
    assign(
        &format!("{first}name = \"x\"\nruntime = \"docker\"\nprofile = \"baseline\""),
        &format!("4:1: {never}"),
    );
}

#[test]
fn pods_are_known_by_namespace_and_labels() {
    let policy = read(
        r#"
[[profile]]
name = "ci"
[[assign]]
namespace = "ci-*"
pod_label.app = "runner"
profile = "ci"
[[assign]]
namespace = "build"
profile = "restricted"
"#,
    )
    .unwrap();
    let pod = |runtime, label: (&str, &str), pod: &[(&str, &str)]| Info {
        runtime: Some(runtime),
        pod_labels: pod
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        ..container("busybox", "x", label)
    };
    let profile = |info: &Info| policy.grant(info).profile;
    let (crio, cri) = (
        "io.kubernetes.pod.namespace",
        "io.kubernetes.cri.sandbox-namespace",
    );
    let runner = pod("cri-o", (crio, "ci-1"), &[("app", "runner")]);
    assert_eq!(profile(&runner), "ci");
    assert_eq!(profile(&pod("cri-o", (crio, "ci-1"), &[])), "baseline");
    assert_eq!(profile(&pod("cri-o", (crio, "build"), &[])), "restricted");
    assert_eq!(
        profile(&pod("containerd", (cri, "build"), &[])),
        "restricted"
    );
    assert_eq!(
        profile(&pod("containerd", (crio, "build"), &[])),
        "baseline",
        "a pod's author wrote it"
    );
    assert_eq!(profile(&pod("podman", (crio, "build"), &[])), "baseline");
}

#[test]
fn a_runtime_tells_only_so_much() {
    let assign = |lines: &str| format!("[[assign]]\n{lines}\nprofile = \"baseline\"");
    wrong(
        &assign("runtime = \"runc\"\nimage = \"nginx\""),
        "p.toml:3:1: `image` is not known of a container of runc's: this `assign` never fits",
    );
    wrong(
        &assign("pod_label.app = \"x\"\nruntime = \"containerd\""),
        "p.toml:2:1: `pod_label` is not known of a container of containerd's: this `assign` never \
         fits",
    );
    for runtime in ["systemd-nspawn", "lxc"] {
        let text = assign(&format!("runtime = \"{runtime}\"\nname = \"x\""));
        assert_eq!(read(&text).unwrap().assigns.len(), 1);
    }
}
