//! Fake hosts: a temporary folder with the files that each runtime writes.

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
