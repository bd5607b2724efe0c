//! Fake hosts: a temporary folder with the files that each runtime writes.

mod pods;

use std::os::unix::fs::MetadataExt;

use super::*;

struct Host(tempfile::TempDir);

impl Host {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = dir.path().join(path.replace("ID", &id()));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content.replace("ID", &id())).unwrap();
        }
        Self(dir)
    }

    fn cgroup(&self, path: &str) -> u64 {
        let dir = self
            .0
            .path()
            .join("sys/fs/cgroup")
            .join(path.replace("ID", &id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::metadata(dir).unwrap().ino()
    }

    fn find(&self, identity: u64, cgroup: u64, id: &str) -> Info {
        let key = Key {
            identity,
            cgroup,
            id,
        };
        Containers::new(self.0.path()).find(key, Instant::now())
    }
}

fn id() -> String {
    "5f".repeat(32)
}

#[track_caller]
fn check(info: &Info, runtime: &str, name: &str, image: Option<&str>) {
    assert_eq!(info.lookup, Lookup::Resolved);
    assert_eq!(info.runtime, Some(runtime));
    assert_eq!(info.name.as_deref(), Some(name));
    assert_eq!(info.image.as_deref(), image);
}

const CONFIG: &str = r#"{"ID":"ID","Name":"/web","Config":{"Image":"nginx:1.27","Cmd":["x"]}}"#;

#[test]
fn docker_tells_name_image_and_whom_it_shares_with() {
    let host = Host::new(&[
        ("var/lib/docker/containers/ID/config.v2.json", CONFIG),
        (
            "var/lib/docker/containers/ID/hostconfig.json",
            r#"{"NetworkMode":"container:db","IpcMode":"container:cafe"}"#,
        ),
        (
            "var/lib/docker/containers/d00d/config.v2.json",
            r#"{"Name":"/db","Config":{}}"#,
        ),
        (
            "var/lib/docker/containers/cafe/config.v2.json",
            r#"{"Name":"/c","Config":{}}"#,
        ),
    ]);
    let info = host.find(7, 7, &id());
    check(&info, "docker", "web", Some("nginx:1.27"));
    assert_eq!(
        info.peers,
        [Some("d00d".to_owned()), Some("cafe".to_owned())]
    );
}

#[test]
fn docker_may_keep_its_data_elsewhere() {
    let host = Host::new(&[
        ("etc/docker/daemon.json", r#"{"data-root":"/mnt/docker"}"#),
        ("mnt/docker/containers/ID/config.v2.json", CONFIG),
    ]);
    check(&host.find(7, 7, &id()), "docker", "web", Some("nginx:1.27"));
    let remapped = "var/lib/docker/300000.300000/containers/ID/config.v2.json";
    let host = Host::new(&[(remapped, CONFIG)]);
    check(&host.find(7, 7, &id()), "docker", "web", Some("nginx:1.27"));
}

#[test]
fn podman_and_crio_share_a_list() {
    let list = |name: &str, metadata: &str| {
        let stored = serde_json::json!([{"id": id(), "names": ["job"], "metadata": metadata}]);
        let file = format!("var/lib/containers/storage/overlay-containers/{name}.json");
        Host::new(&[(file.as_str(), stored.to_string().as_str())]).find(7, 7, &id())
    };
    let image = r#"{"image-name":"docker.io/library/busybox:latest","name":"job"}"#;
    for name in ["containers", "volatile-containers"] {
        let podman = list(name, image);
        check(
            &podman,
            "podman",
            "job",
            Some("docker.io/library/busybox:latest"),
        );
    }
    let crio = list("containers", r#"{"pod-name":"p","image-name":"i"}"#);
    check(&crio, "cri-o", "job", Some("i"));
    check(&list("containers", "not json"), "podman", "job", None);
}

#[test]
fn crio_writes_the_pods_labels_into_its_own_container() {
    let (pod, id) = ("5a".repeat(32), id());
    let list = serde_json::json!([{"id": id, "metadata": r#"{"pod-name":"p"}"#}]).to_string();
    let own = serde_json::json!({
        "io.kubernetes.cri-o.SandboxID": pod,
        "io.kubernetes.cri-o.Labels": r#"{"app":"not the pod's"}"#,
        "io.kubernetes.pod.namespace": "ci",
    });
    let pods = serde_json::json!({"io.kubernetes.cri-o.Labels": r#"{"app":"runner"}"#});
    let host = Host::new(&[(&format!("{STORE}/containers.json"), &list)]);
    for (id, annotations) in [(&id, own), (&pod, pods)] {
        let folder = host.0.path().join(format!("{STORE}/{id}/userdata"));
        let config = serde_json::json!({"linux": {}, "annotations": annotations});
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    }
    let info = host.find(7, 7, &id);
    assert_eq!(info.pod_labels["app"], "runner");
    assert_eq!(info.namespace(), Some("ci"));
}

#[test]
fn machines_are_containers_too() {
    let files = [("run/systemd/machines/my-debian", "SERVICE=systemd-nspawn\n")];
    let info = Host::new(&files).find(7, 7, r"my\x2ddebian");
    check(&info, "systemd-nspawn", "my-debian", None);
    assert_eq!(info.lookup, Lookup::Resolved);
}

const STORE: &str = "var/lib/containers/storage/overlay-containers";

/// A container of podman with these namespaces.
fn podman(store: &str, id: &str, namespaces: &str) -> [(String, String); 2] {
    let list = serde_json::json!([{"id": id, "names": ["x"]}]).to_string();
    let config = format!(r#"{{"linux":{{"namespaces":[{{"type":"pid"}},{namespaces}]}}}}"#);
    [
        (format!("{store}/volatile-containers.json"), list),
        (format!("{store}/{id}/userdata/config.json"), config),
    ]
}

/// Whom container `5f…` shares with, which podman started last on a host with these files.
fn podman_peers(files: &[[(String, String); 2]], cgroups: &[(u32, String)]) -> [Option<String>; 2] {
    let cgroup = |(pid, cgroup): &(u32, String)| (format!("proc/{pid}/cgroup"), cgroup.clone());
    let files: Vec<_> = files
        .iter()
        .flatten()
        .cloned()
        .chain(cgroups.iter().map(cgroup))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let info = Host::new(&files).find(7, 7, &id());
    check(&info, "podman", "x", None);
    info.peers
}

const JOINS_41_AND_42: &str = r#"{"type":"network","path":"/proc/41/ns/net"},
    {"type":"uts","path":"/proc/43/ns/uts"},{"type":"ipc","path":"/proc/42/ns/ipc"}"#;

#[test]
fn podman_tells_whom_a_container_shares_with() {
    let (net, ipc) = ("a1".repeat(32), "b2".repeat(32));
    let pod = "cc".repeat(32);
    for store in [STORE, "run/containers/storage/overlay-containers"] {
        let files = [
            podman(store, &net, r#"{"type":"network"}"#),
            podman(store, &ipc, r#"{"type":"ipc"}"#),
            podman(store, &id(), JOINS_41_AND_42),
        ];
        // With systemd, and a pod's without it.
        let cgroups = [
            (
                41,
                format!("0::/machine.slice/libpod-{net}.scope/container\n"),
            ),
            (
                42,
                format!("1:cpu:/x\n0::/libpod_parent/{pod}/libpod-{ipc}\n"),
            ),
        ];
        let peers = podman_peers(&files, &cgroups);
        assert_eq!(peers, [Some(net.clone()), Some(ipc.clone())]);
    }
}

#[test]
fn podman_gives_the_files_of_the_last_in_a_row() {
    let (member, infra) = ("a1".repeat(32), "b2".repeat(32));
    let files = [
        podman(STORE, &infra, r#"{"type":"network","path":"/run/netns/x"}"#),
        podman(
            STORE,
            &member,
            r#"{"type":"network","path":"/proc/42/ns/net"}"#,
        ),
        podman(STORE, &id(), JOINS_41_AND_42),
    ];
    let cgroups = [
        (41, format!("0::/libpod_parent/libpod-{member}")),
        (42, format!("0::/libpod_parent/libpod-{infra}")),
    ];
    let peers = podman_peers(&files, &cgroups);
    assert_eq!(peers, [Some(infra.clone()), Some(infra)]);
    // A pid that is used again may make a ring of them.
    let ring = [podman(STORE, &id(), JOINS_41_AND_42)];
    let own = format!("0::/libpod_parent/libpod-{}", id());
    assert_eq!(podman_peers(&ring, &[(41, own)]), [Some(id()), None]);
}

#[test]
fn podman_shares_with_no_other() {
    let peer = "a1".repeat(32);
    let inside = vec![(41, format!("0::/libpod-{peer}"))];
    let check = |namespaces: &str, cgroups: &[(u32, String)]| {
        let files = [
            podman(STORE, &peer, r#"{"type":"network"}"#),
            podman(STORE, &id(), namespaces),
        ];
        assert_eq!(podman_peers(&files, cgroups), [None, None], "{namespaces}");
    };
    check(JOINS_41_AND_42, &[]);
    check(JOINS_41_AND_42, &[(41, "0::/init.scope\n".to_owned())]);
    // Ids of what is no container of podman's.
    let other = format!("0::/system.slice/docker-{}.scope", "dd".repeat(32));
    check(JOINS_41_AND_42, &[(41, other)]);
    for path in [
        "/run/netns/a",
        "/proc/41/ns/ipc",
        "/proc/41/task/41/ns/net",
        "/proc/../proc/41/ns/net",
        "/proc/self/ns/net",
    ] {
        check(&format!(r#"{{"type":"network","path":"{path}"}}"#), &inside);
    }
    // What it mounts says nothing.
    let mount = format!("/{STORE}/{peer}/userdata/shm");
    let mounts = format!(r#"{{"type":"ipc"}}]}},"mounts":[{{"source":"{mount}"}}],"x":{{"x":[0"#);
    check(&mounts, &inside);
}

#[test]
fn containerd_names_pods_and_nerdctl_containers() {
    let bundle = |annotations: &str| {
        Host::new(&[(
            "run/containerd/io.containerd.runtime.v2.task/k8s.io/ID/config.json",
            &format!(r#"{{"annotations":{{{annotations}}}}}"#),
        )])
        .find(7, 7, &id())
    };
    let pod = bundle(
        r#""io.kubernetes.cri.sandbox-namespace":"prod","io.kubernetes.cri.sandbox-name":"web-1",
           "io.kubernetes.cri.container-name":"nginx","io.kubernetes.cri.image-name":"nginx:1""#,
    );
    check(&pod, "containerd", "prod/web-1/nginx", Some("nginx:1"));
    check(
        &bundle(r#""nerdctl/name":"box""#),
        "containerd",
        "box",
        None,
    );
}

#[test]
fn a_container_known_by_descent_is_found_by_its_cgroup() {
    let host = Host::new(&[
        (
            "run/runc/mine/state.json",
            r#"{"id":"mine","cgroup_paths":{"":"/sys/fs/cgroup/user.slice/mine"}}"#,
        ),
        (
            "run/crun/other/status",
            r#"{"cgroup-path":"/user.slice/other"}"#,
        ),
    ]);
    let mine = host.cgroup("user.slice/mine/below");
    let info = host.find(BY_DESCENT | 4_026_532_000, mine, "");
    check(&info, "runc", "mine", None);
    assert_eq!(info.id.as_deref(), Some("mine"));
    assert_eq!(info.cgroup.as_deref(), Some("/user.slice/mine/below"));
    let other = host.cgroup("user.slice/other");
    check(&host.find(BY_DESCENT | 1, other, ""), "crun", "other", None);
    // `mine2` is not below `mine`.
    let unknown = host.cgroup("user.slice/mine2");
    assert_eq!(
        host.find(BY_DESCENT | 1, unknown, "").lookup,
        Lookup::Failed
    );
}

#[test]
fn what_nobody_knows_keeps_id_and_cgroup() {
    let host = Host::new(&[]);
    let cgroup = host.cgroup("system.slice/docker-ID.scope");
    let info = host.find(cgroup, cgroup, "");
    assert_eq!(info.lookup, Lookup::Failed);
    assert_eq!(info.id, Some(id()));
    assert!(info.cgroup.is_some());
}

#[test]
fn an_id_never_leaves_its_folder() {
    let host = Host::new(&[("var/lib/docker/config.v2.json", CONFIG)]);
    assert_eq!(host.find(7, 7, "..").lookup, Lookup::Failed);
    assert!(!is_safe_id("a/b") && !is_safe_id("") && !is_safe_id("a\0"));
}

#[test]
fn a_container_is_remembered_after_its_files_are_gone() {
    let host = Host::new(&[("var/lib/docker/containers/ID/config.v2.json", CONFIG)]);
    let id = id();
    let key = Key {
        identity: 7,
        cgroup: 7,
        id: &id,
    };
    let mut containers = Containers::new(host.0.path());
    check(containers.made(key), "docker", "web", Some("nginx:1.27"));
    std::fs::remove_dir_all(host.0.path().join("var")).unwrap();
    check(
        &containers.find(key, Instant::now()),
        "docker",
        "web",
        Some("nginx:1.27"),
    );
}

#[test]
fn a_failed_look_is_repeated_but_not_at_once() {
    let host = Host::new(&[]);
    let id = id();
    let key = Key {
        identity: 7,
        cgroup: 7,
        id: &id,
    };
    let mut containers = Containers::new(host.0.path());
    let start = Instant::now();
    assert_eq!(containers.find(key, start).lookup, Lookup::Failed);
    let file = host.0.path().join(format!("run/runc/{id}/state.json"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "{}").unwrap();
    assert_eq!(containers.find(key, start).lookup, Lookup::Failed);
    assert_eq!(containers.find(key, start + RETRY).lookup, Lookup::Resolved);
}

#[test]
fn an_answer_from_the_runtime_counts() {
    let host = Host::new(&[]);
    let key = Key {
        identity: 7,
        cgroup: 7,
        id: "x",
    };
    let mut containers = Containers::new(host.0.path());
    let now = Instant::now();
    containers.find(key, now);
    containers.asked(7);
    assert_eq!(containers.find(key, now + RETRY).lookup, Lookup::Pending);
    containers.answered(7, None, now);
    assert_eq!(containers.find(key, now).lookup, Lookup::Failed);
    let name = Some("late".to_owned());
    let info = Info {
        name,
        lookup: Lookup::Resolved,
        ..Info::default()
    };
    containers.answered(7, Some(info), now);
    assert_eq!(containers.find(key, now).name.as_deref(), Some("late"));
}
