//! Pods of Kubernetes, and runtimes that keep their containers in other places.

use super::*;

/// containerd 301026e5, `internal/cri/annotations/annotations.go`.
#[test]
fn a_pods_containers_share_with_its_sandbox() {
    let sandbox = "a1".repeat(32);
    let text = format!(r#"{{"annotations":{{"io.kubernetes.cri.sandbox-id":"{sandbox}"}}}}"#);
    let peers = |namespace: &str, text: &str| {
        let tasks = "run/containerd/io.containerd.runtime.v2.task";
        let bundle = format!("{tasks}/{namespace}/ID/config.json");
        Host::new(&[(&bundle, text)]).find(7, 7, &id()).peers
    };
    let both = [Some(sandbox.clone()), Some(sandbox.clone())];
    assert_eq!(peers("k8s.io", &text), both);
    assert_eq!(
        peers("default", &text),
        [None, None],
        "anybody's annotation"
    );
    let path = text.replace(&sandbox, "../x");
    assert_eq!(peers("k8s.io", &path), [None, None]);
}

/// cri-o f954a17e, `internal/annotations/annotations.go`.
#[test]
fn a_pods_containers_share_with_its_sandbox_in_crio() {
    let sandbox = "a1".repeat(32);
    let peers = |metadata: &str| {
        let list = serde_json::json!([{"id": id(), "names": ["x"], "metadata": metadata}]);
        let config = format!(
            r#"{{"annotations":{{"io.kubernetes.cri-o.SandboxID":"{sandbox}"}},"linux":{{}}}}"#
        );
        let file = format!("{STORE}/{}/userdata/config.json", id());
        let host = Host::new(&[
            (&format!("{STORE}/containers.json"), &list.to_string()),
            (&file, ""),
        ]);
        std::fs::write(host.0.path().join(file), config).unwrap();
        host.find(7, 7, &id()).peers
    };
    let both = [Some(sandbox.clone()), Some(sandbox.clone())];
    assert_eq!(peers(r#"{"pod-name":"p"}"#), both);
    assert_eq!(peers("{}"), [None, None], "podman's, who may write any");
}

#[test]
fn podman_may_keep_its_containers_elsewhere() {
    let list = serde_json::json!([
        {"id": id(), "names": ["web"], "metadata": r#"{"image-name":"nginx:1.27"}"#}
    ]);
    let list = list.to_string();
    let graph = "[storage]\ngraphroot = '/mnt/podman'";
    let files = [
        (
            "mnt/podman/overlay-containers/containers.json",
            list.as_str(),
        ),
        // crun's, of any container.
        ("run/crun/ID/status", "{}"),
        (
            "home/me/.local/share/containers/storage/overlay-containers/containers.json",
            &list,
        ),
        ("etc/passwd", "me:x:1000:1000::/home/me:/bin/sh\n"),
    ];
    let moved = [&files[..], &[("etc/containers/storage.conf", graph)]].concat();
    let found = Host::new(&moved).find(7, 7, &id());
    check(&found, "podman", "web", Some("nginx:1.27"));
    let found = Host::new(&files).find(7, 7, &id());
    assert_eq!(found.image, None, "what a user's storage says");
}

#[test]
fn containerd_and_dockerd_may_keep_their_containers_elsewhere() {
    let host = Host::new(&[
        (
            "etc/containerd/config.toml",
            "state = '/run/k3s/containerd'",
        ),
        (
            "run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/ID/config.json",
            r#"{"annotations":{"io.kubernetes.cri.sandbox-name":"web-1",
                "io.kubernetes.cri.sandbox-namespace":"prod"}}"#,
        ),
    ]);
    check(&host.find(7, 7, &id()), "containerd", "prod/web-1", None);
    let host = Host::new(&[
        ("etc/docker/daemon.json", r#"{"graph":"/mnt/docker"}"#),
        ("mnt/docker/containers/ID/config.v2.json", CONFIG),
    ]);
    check(&host.find(7, 7, &id()), "docker", "web", Some("nginx:1.27"));
}
