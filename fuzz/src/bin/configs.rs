//! The JSON files of runtimes: the same bytes for every reader, each of which has a container.
#![no_main]

use std::{os::unix::fs::MetadataExt, sync::LazyLock};

use bulkhead_fuzz::{
    Folder,
    containers::{Containers, Key},
};
use libfuzzer_sys::fuzz_target;

const BYTES: &str = "bytes";
const FILES: &[&str] = &[
    "var/lib/docker/containers/docker/config.v2.json",
    "var/lib/docker/containers/docker/hostconfig.json",
    "var/lib/containers/storage/overlay-containers/volatile-containers.json",
    "var/lib/containers/storage/overlay-containers/podman/userdata/config.json",
    "run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd/config.json",
    "run/runc/runc/state.json",
    "run/crun/crun/status",
];
const IDS: &[&str] = &["docker", "podman", "listed", "containerd", "runc", "crun"];

struct Host {
    folder: Folder,
    containers: Containers,
    /// A cgroup that says nothing of its container.
    cgroup: u64,
}

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let folder = Folder::new();
    folder.write(BYTES, b"");
    for file in FILES {
        folder.link(file, BYTES);
    }
    folder.write(
        "var/lib/containers/storage/overlay-containers/containers.json",
        br#"[{"id":"podman","names":["web"],"metadata":"{}"}]"#,
    );
    folder.write("sys/fs/cgroup/some/x", b"");
    let cgroup = std::fs::metadata(folder.path().join("sys/fs/cgroup/some"));
    Host {
        containers: Containers::new(folder.path()),
        cgroup: cgroup.expect("it was made").ino(),
        folder,
    }
});

fuzz_target!(|data: &[u8]| {
    HOST.folder.write(BYTES, data);
    for id in IDS {
        HOST.containers.look(Key::of(1, id));
    }
    HOST.containers.look(Key::of(HOST.cgroup, ""));
});
