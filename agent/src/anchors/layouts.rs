//! Directories as the runtimes make them, and what of it each mounts into its containers.
//!
//! Sources, as of the commit read: moby and BuildKit as the workloads of `tests/` leave them behind;
//! containerd 301026e5 `internal/cri/server/{helpers,container_create}.go`; podman c6580b4a
//! `libpod/container_internal_common.go`; cri-o f954a17e `server/{container_create,sandbox_run_linux}.go`;
//! kubernetes 001a80e9 `pkg/kubelet/{kubelet_getters,kubelet_pods}.go`.

use std::{fs, path::Path};

use probe_common::anchor::{
    ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, BUILD_ONLY, OWN_ID, READ_ONLY, ROOT_ONLY,
    ROOTLESS_ONLY,
};

use super::{Table, locate::Mounts};

const OWN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SANDBOX: &str = "a123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER: &str = "b123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const POD: &str = "pods/2d8b4b6c-55a1-4f4b-9a1c-9f0e0c7a5a10";

const TMPFS: u32 = 0x0102_1994;
const NFS: u32 = 0x6969;
const EXT4: u32 = 0xef53;
const OVERLAY: u32 = 0x794c_7630;

/// How something comes into a container.
#[derive(Clone, Copy, Debug)]
enum As {
    /// A part of the host's own filesystem.
    File,
    /// The top of a filesystem that the host has mounted there.
    Mounted(u32),
    /// The same as the container's root.
    Root(u32),
}
use As::{File, Mounted, Root};

/// Is this allowed to a container of root's that goes by `OWN` and shares with `SANDBOX`? The walk
/// in `probe-common` is the one that counts; this says the same of one path.
fn allows(host: &Path, path: &str, how: As) -> bool {
    let path = host.join(path.trim_start_matches('/'));
    fs::create_dir_all(&path).unwrap();
    let table = Table::resolve(&[], host).unwrap();
    let mut mounts = Mounts::read().unwrap();
    path.ancestors().enumerate().any(|(depth, dir)| {
        let found = mounts.file(dir).unwrap();
        let below = path.strip_prefix(dir).unwrap().iter().next();
        let is_own = below.is_some_and(|name| name == OWN || name == SANDBOX);
        let rules = table.anchors().get(&found.id).map(|anchor| anchor.rules);
        let fits = |rule: &AnchorRule| {
            let (wanted, fs) = match how {
                File => (ALLOW_DIRECT, 0),
                Mounted(fs) | Root(fs) => (ALLOW_MOUNTED, fs),
            };
            let closed = match how {
                Root(_) => BUILD_ONLY | READ_ONLY | ROOTLESS_ONLY,
                _ => BUILD_ONLY | READ_ONLY | ROOTLESS_ONLY | ROOT_ONLY,
            };
            rule.flags & wanted != 0
                && rule.flags & closed == 0
                && depth >= rule.min_depth as usize
                && (fs == 0 || rule.fs.contains(&fs))
                && (rule.flags & OWN_ID == 0 || is_own)
        };
        rules.is_some_and(|rules| rules.iter().any(fits))
    })
}

#[track_caller]
fn check(root: &str, configuration: &[(&str, &str)], mounts: &[(&str, As, bool)]) {
    for (path, how, wanted) in mounts {
        let host = tempfile::tempdir().unwrap();
        for (file, text) in configuration {
            let file = host.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let path = path.replace("OWN", OWN).replace("SANDBOX", SANDBOX);
        let path = path.replace("OTHER", OTHER).replace("POD", POD);
        let path = format!("{root}/{path}");
        assert_eq!(allows(host.path(), &path, *how), *wanted, "{path} {how:?}");
    }
}

const DOCKER: &[(&str, As, bool)] = &[
    ("overlay2/5f5f/merged", Root(OVERLAY), true),
    ("overlay2/5f5f/merged", Mounted(OVERLAY), false),
    ("rootfs/overlayfs/OWN", Root(OVERLAY), true),
    ("rootfs/overlayfs/OTHER", Root(OVERLAY), false),
    ("containers/OWN/hosts", File, true),
    ("containers/OWN/mounts/shm", Mounted(TMPFS), true),
    ("containers/SANDBOX/resolv.conf", File, true),
    ("containers/OTHER/hosts", File, false),
    ("containers/OWN", File, false),
    ("volumes/v/_data", File, true),
    ("volumes/v/_data", Mounted(NFS), true),
    ("volumes/v/_data", Mounted(EXT4), false),
    ("volumes", File, false),
    ("volumes/v", File, false),
    ("swarm/certificates", File, false),
    ("", File, false),
];

/// Only for its own steps.
#[test]
fn buildah() {
    check("/var/tmp", &[], &[("buildah41/hosts", File, false)]);
}

#[test]
fn docker() {
    check("/var/lib/docker", &[], DOCKER);
    check("/var/lib/docker/100000.100000", &[], DOCKER);
}

#[test]
fn docker_with_its_data_elsewhere() {
    let json = r#"{"data-root":"/srv/docker"}"#;
    check("/srv/docker", &[("etc/docker/daemon.json", json)], DOCKER);
    let none: Vec<_> = DOCKER
        .iter()
        .map(|(path, how, _)| (*path, *how, false))
        .collect();
    check("/srv/docker", &[], &none);
}

const CONTAINERD: &[(&str, As, bool)] = &[
    (
        "io.containerd.grpc.v1.cri/sandboxes/SANDBOX/hosts",
        File,
        true,
    ),
    (
        "io.containerd.grpc.v1.cri/sandboxes/SANDBOX/resolv.conf",
        File,
        true,
    ),
    (
        "io.containerd.grpc.v1.cri/sandboxes/SANDBOX/hostname",
        File,
        true,
    ),
    (
        "io.containerd.grpc.v1.cri/sandboxes/OTHER/hosts",
        File,
        false,
    ),
    (
        "io.containerd.grpc.v1.cri/containers/OWN/volumes/9f9f",
        File,
        true,
    ),
    (
        "io.containerd.grpc.v1.cri/containers/OTHER/volumes/9f9f",
        File,
        false,
    ),
    (
        "io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs",
        File,
        false,
    ),
    ("io.containerd.content.v1.content/blobs", File, false),
];
const CONTAINERD_STATE: &[(&str, As, bool)] = &[
    (
        "io.containerd.runtime.v2.task/k8s.io/OWN/rootfs",
        Root(OVERLAY),
        true,
    ),
    (
        "io.containerd.runtime.v2.task/k8s.io/OTHER/rootfs",
        Mounted(OVERLAY),
        false,
    ),
    (
        "io.containerd.grpc.v1.cri/sandboxes/SANDBOX/shm",
        Mounted(TMPFS),
        true,
    ),
    (
        "io.containerd.grpc.v1.cri/sandboxes/OTHER/shm",
        Mounted(TMPFS),
        false,
    ),
    ("containerd.sock", File, false),
];

#[test]
fn containerd_and_its_cri_plugin() {
    check("/var/lib/containerd", &[], CONTAINERD);
    check("/run/containerd", &[], CONTAINERD_STATE);
    let moved = "root = '/srv/c'\nstate = '/srv/s'\n";
    let moved = [("etc/containerd/config.toml", moved)];
    check("/srv/c", &moved, CONTAINERD);
    check("/srv/s", &moved, CONTAINERD_STATE);
}

const STORAGE: &[(&str, As, bool)] = &[
    ("overlay/5f5f/merged", Root(OVERLAY), true),
    ("overlay/5f5f/merged", Mounted(OVERLAY), false),
    ("overlay/5f5f/diff", File, false),
    ("overlay-containers/OWN/userdata/shm", Mounted(TMPFS), true),
    ("overlay-containers/OWN/userdata/passwd", File, true),
    ("overlay-containers/OWN/userdata/secrets/key", File, true),
    ("overlay-containers/OTHER/userdata/secrets/key", File, false),
    ("volumes/v/_data", File, true),
    ("secrets", File, false),
];
const STORAGE_RUN: &[(&str, As, bool)] = &[
    ("overlay-containers/OWN/userdata/.containerenv", File, true),
    ("overlay-containers/OWN/userdata/run/secrets", File, true),
    // What CRI-O gives to all of a pod's containers.
    (
        "overlay-containers/SANDBOX/userdata/resolv.conf",
        File,
        true,
    ),
    ("overlay-containers/SANDBOX/userdata/hostname", File, true),
    (
        "overlay-containers/SANDBOX/userdata/shm",
        Mounted(TMPFS),
        true,
    ),
    ("overlay-containers/OTHER/userdata/resolv.conf", File, false),
    (
        "overlay-containers/OTHER/userdata/shm",
        Mounted(TMPFS),
        false,
    ),
];

#[test]
fn podman_and_crio() {
    check("/var/lib/containers/storage", &[], STORAGE);
    check("/run/containers/storage", &[], STORAGE_RUN);
    let moved = "[storage]\ngraphroot = '/srv/g'\nrunroot = '/srv/r'\n";
    let moved = [("etc/containers/storage.conf", moved)];
    check("/srv/g", &moved, STORAGE);
    check("/srv/r", &moved, STORAGE_RUN);
}

/// The driver `vfs`: the container's root is the directory itself.
#[test]
fn podman_without_overlay() {
    let host = tempfile::tempdir().unwrap();
    let dir = "var/lib/containers/storage/vfs/dir";
    fs::create_dir_all(host.path().join(dir)).unwrap();
    let table = Table::resolve(&[], host.path()).unwrap();
    let rule = table.anchors().values().next().unwrap().rules[0];
    assert_eq!((rule.flags, rule.min_depth), (ALLOW_DIRECT | ROOT_ONLY, 1));
}

#[test]
fn kubelet() {
    let volume = |plugin: &str| format!("POD/volumes/kubernetes.io~{plugin}/v");
    let volumes = [
        ("empty-dir", File, true),
        ("empty-dir", Mounted(TMPFS), true),
        ("configmap", File, true),
        ("downward-api", File, true),
        ("secret", Mounted(TMPFS), true),
        ("projected", Mounted(TMPFS), true),
        ("nfs", Mounted(NFS), true),
        ("csi", Mounted(EXT4), true),
        ("csi", Mounted(OVERLAY), false),
    ];
    for (plugin, how, wanted) in volumes {
        check("/var/lib/kubelet", &[], &[(&volume(plugin), how, wanted)]);
    }
    let others = [
        ("POD/etc-hosts", File, true),
        ("POD/containers/web/1a2b3c4d", File, true),
        ("POD/volume-subpaths/v/web/0", Mounted(EXT4), true),
        (
            "plugins/kubernetes.io/csi/d/9f9f/globalmount",
            Mounted(EXT4),
            true,
        ),
        ("plugins/kubernetes.io/csi/d/9f9f/globalmount", File, false),
        ("plugins/d/csi.sock", File, false),
        ("POD", File, false),
        ("pods", File, false),
        ("pki/kubelet.key", File, false),
        ("device-plugins/kubelet.sock", File, false),
    ];
    check("/var/lib/kubelet", &[], &others);
}
