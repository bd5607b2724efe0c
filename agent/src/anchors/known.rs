//! What the runtimes mount into containers, and where below their roots they keep it. Data, tested
//! against their layouts in `layouts.rs` and with the runtimes themselves in `tests/`; where the
//! roots are says `roots.rs`.

use probe_common::anchor::{
    ALLOW_DIRECT, ALLOW_MOUNTED, BUILD_ONLY, BUILDAHS, KUBELETS, OWN_ID, READ_ONLY, ROOT_ONLY,
    ROOTLESS_ONLY,
};

use super::{
    filesystems::{CEPH, CIFS, EXT4, FUSE, NFS, OVERLAY, SMB2, TMPFS, XFS},
    roots::Root::{self, *},
};

pub struct Known {
    pub root: Root,
    /// Below each place that `root` has on this host.
    pub path: &'static str,
    /// Components below `path` at which a mount's root may lie, at least.
    pub min_depth: u32,
    pub flags: u32,
    /// For `ALLOW_MOUNTED`: superblock magics.
    pub fs: [u32; 4],
}

const BUILDKIT_MOUNTS: &str = "buildkit/containerd-overlayfs/cachemounts";
const SNAPSHOTS: &str = "io.containerd.snapshotter.v1.overlayfs/snapshots";
/// Of the containerd that dockerd starts itself where there is none.
const SNAPSHOTS_OF_DOCKERD: &str =
    "containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots";

/// The root filesystem of a container, an overlay that the runtime mounted.
const fn rootfs(root: Root, path: &'static str, min_depth: u32, flags: u32) -> Known {
    Known {
        root,
        path,
        min_depth,
        flags: ALLOW_MOUNTED | ROOT_ONLY | flags,
        fs: [OVERLAY, 0, 0, 0],
    }
}

/// Volumes: directories, and what the documented volume drivers mount there that is not the host's.
const fn volumes(root: Root, path: &'static str) -> Known {
    Known {
        root,
        path,
        min_depth: 2,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED,
        fs: [TMPFS, NFS, CIFS, SMB2],
    }
}

/// The runtime's own small files for one container, or for those that share its namespaces: `hosts`,
/// `resolv.conf`, `shm`.
const fn own_files(root: Root, path: &'static str) -> Known {
    Known {
        root,
        path,
        min_depth: 2,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | OWN_ID,
        fs: [TMPFS, 0, 0, 0],
    }
}

const fn files(root: Root, path: &'static str, min_depth: u32, flags: u32) -> Known {
    Known {
        root,
        path,
        min_depth,
        flags: ALLOW_DIRECT | flags,
        fs: [0; 4],
    }
}

/// Filesystems that are mounted there, and nothing that lies there itself.
const fn mounted(root: Root, path: &'static str, min_depth: u32, fs: [u32; 4]) -> Known {
    Known {
        root,
        path,
        min_depth,
        flags: ALLOW_MOUNTED,
        fs,
    }
}

/// Layers and caches that a build step mounts beside its root: the host's directory where there is
/// one layer, an overlay where there are more.
const fn layers(root: Root, path: &'static str, min_depth: u32) -> Known {
    Known {
        root,
        path,
        min_depth,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | BUILD_ONLY,
        fs: [OVERLAY, 0, 0, 0],
    }
}

/// `buildahNUMBER/hosts`, and `buildahNUMBER/mountsNUMBER/bindNUMBER` where another stage is bound;
/// `buildah-cache-UID/HASH`; `buildahNUMBER` for a secret.
const fn buildahs(only: u32) -> Known {
    Known {
        root: Host,
        path: "var/tmp",
        min_depth: 1,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | BUILDAHS | only,
        fs: [OVERLAY, TMPFS, 0, 0],
    }
}

/// A path has two entries at most.
pub const ANCHORS: &[Known] = &[
    // Docker with overlay2: `overlay2/ID/merged`, and for builds `overlay2/ID/diff`.
    rootfs(Docker, "overlay2", 2, 0),
    layers(Docker, "overlay2", 2),
    // Docker with the containerd image store: `rootfs/overlayfs/CONTAINER`.
    rootfs(Docker, "rootfs/overlayfs", 1, OWN_ID),
    own_files(Docker, "containers"),
    volumes(Docker, "volumes"),
    // BuildKit in Docker: `ID/rootfs`, and `resolv.conf`, `hosts.ID` beside, which steps have
    // read-only: `ID/config.json` is what runc is told.
    rootfs(Docker, "buildkit/executor", 2, 0),
    files(Docker, "buildkit/executor", 1, READ_ONLY),
    // What it hands to a step: `buildkit-secrets…/ID`, `.buildkit_ssh_sock…/sock`.
    Known {
        root: Docker,
        path: "tmp",
        min_depth: 2,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | BUILD_ONLY,
        fs: [TMPFS, 0, 0, 0],
    },
    // The same with the containerd image store: `buildkitNUMBER`, and of one layer `NUMBER/fs`.
    rootfs(Docker, BUILDKIT_MOUNTS, 1, 0),
    layers(Docker, BUILDKIT_MOUNTS, 1),
    layers(Containerd, SNAPSHOTS, 2),
    layers(Docker, SNAPSHOTS_OF_DOCKERD, 2),
    // containerd: `NAMESPACE/ID/rootfs`.
    rootfs(ContainerdState, "io.containerd.runtime.v2.task", 3, 0),
    // Its CRI plugin, which still goes by the name it had in containerd 1: what a pod's containers
    // share is below the id of the pod's sandbox, and `containers/ID/volumes/…` are those that an
    // image asks for.
    own_files(Containerd, "io.containerd.grpc.v1.cri/sandboxes"),
    own_files(ContainerdState, "io.containerd.grpc.v1.cri/sandboxes"),
    own_files(Containerd, "io.containerd.grpc.v1.cri/containers"),
    // podman and CRI-O: `overlay/ID/merged`, and `overlay-containers/ID/userdata/…`, where CRI-O
    // has what a pod's containers share below the id of the pod's sandbox.
    rootfs(Containers, "overlay", 2, 0),
    layers(Containers, "overlay", 2),
    own_files(Containers, "overlay-containers"),
    // buildah: other stages, the volumes that an image asks for, and its temporary folders.
    files(Containers, "overlay-containers", 2, BUILD_ONLY),
    buildahs(BUILD_ONLY),
    buildahs(ROOTLESS_ONLY),
    own_files(ContainersRun, "overlay-containers"),
    volumes(Containers, "volumes"),
    // The storage driver `vfs` mounts nothing: `vfs/dir/LAYER`.
    files(Containers, "vfs/dir", 1, ROOT_ONLY),
    own_files(Containers, "vfs-containers"),
    own_files(ContainersRun, "vfs-containers"),
    // A user's own containers. Their runtime is no more than the user, so what it is let mount from
    // there the user has anyway; and no container of root's gets it.
    files(User, "", 1, ROOTLESS_ONLY),
    // kubelet: `pods/UID/etc-hosts`, `pods/UID/containers/NAME/HASH` (the termination log) and
    // `pods/UID/volumes/PLUGIN/NAME`: directories, and what is mounted there for the pod. Host paths
    // (also with `subPath`) and local volumes are the host's own filesystem, which the host has
    // mounted elsewhere too, and so they stay host paths.
    // The probe knows no pod's UID: a pod that may name host paths may name another pod's here.
    Known {
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | KUBELETS,
        ..volumes(Kubelet, "pods")
    },
    // Disks and what storage drivers serve: a filesystem that the host has nowhere but here was
    // mounted for pods. Most drivers mount it at `plugins/…/globalmount` first.
    mounted(Kubelet, "pods", 4, [EXT4, XFS, CEPH, FUSE]),
    mounted(Kubelet, "plugins", 2, [EXT4, XFS, CEPH, FUSE]),
    mounted(Kubelet, "plugins", 2, [TMPFS, NFS, CIFS, SMB2]),
    // systemd-nspawn: a tree as root, and below `/run/host` what it and the host exchange.
    files(Host, "var/lib/machines", 1, ROOT_ONLY),
    files(Host, "run/systemd/nspawn/propagate", 1, 0),
    mounted(Host, "run/systemd/nspawn/unix-export", 1, [TMPFS, 0, 0, 0]),
    files(Host, "usr/lib/os-release", 0, READ_ONLY),
    // `--init`.
    files(Host, "usr/bin/docker-init", 0, READ_ONLY),
    files(Host, "usr/libexec/docker/docker-init", 0, READ_ONLY),
    files(Host, "usr/libexec/podman/catatonit", 0, READ_ONLY),
    files(Host, "usr/bin/catatonit", 0, READ_ONLY),
    files(Host, "usr/share/zoneinfo", 0, READ_ONLY),
];

/// OCI runtimes, whose descendants set containers up, with the names that the policy has for them.
pub const RUNTIMES: &[(&str, &str)] = &[
    ("/usr/sbin/runc", "runc"),
    ("/usr/bin/runc", "runc"),
    ("/usr/local/sbin/runc", "runc"),
    ("/usr/local/bin/runc", "runc"),
    ("/usr/bin/buildkit-runc", "runc"),
    ("/usr/local/bin/buildkit-runc", "runc"),
    ("/usr/bin/crun", "crun"),
    ("/usr/local/bin/crun", "crun"),
    // CRI-O's own.
    ("/usr/libexec/crio/runc", "runc"),
    ("/usr/libexec/crio/crun", "crun"),
    ("/usr/bin/youki", "youki"),
    ("/usr/local/bin/youki", "youki"),
    ("/usr/bin/lxc-start", "lxc"),
    ("/usr/bin/lxc-attach", "lxc"),
    ("/usr/bin/systemd-nspawn", "systemd-nspawn"),
];

#[cfg(test)]
mod tests {
    use probe_common::anchor::RULES;

    use super::*;

    fn entries(root: Root, path: &str) -> Vec<&Known> {
        let here = |known: &&Known| known.root == root && known.path == path;
        ANCHORS.iter().filter(here).collect()
    }

    #[test]
    fn there_is_a_slot_for_every_entry() {
        for known in ANCHORS {
            let here = entries(known.root, known.path);
            assert!(here.len() <= RULES, "{}", known.path);
        }
    }

    #[test]
    fn roots_and_layers_are_not_everybodys() {
        let places = [
            (Docker, "overlay2"),
            (Docker, BUILDKIT_MOUNTS),
            (Containerd, SNAPSHOTS),
            (Docker, SNAPSHOTS_OF_DOCKERD),
            (Containers, "overlay"),
            (Containers, "vfs/dir"),
        ];
        for (root, path) in places {
            assert_ne!(entries(root, path).len(), 0, "{path}");
            for known in entries(root, path) {
                assert_ne!(known.flags & (ROOT_ONLY | BUILD_ONLY), 0, "{path}");
            }
        }
    }

    #[test]
    fn what_a_user_decides_about_is_for_users() {
        for known in ANCHORS.iter().filter(|known| known.root == User) {
            assert_ne!(known.flags & ROOTLESS_ONLY, 0, "{}", known.path);
        }
    }

    #[test]
    fn only_storage_drivers_of_kubelet_bring_disks() {
        let disk = |known: &&Known| known.fs.contains(&EXT4) || known.fs.contains(&XFS);
        for known in ANCHORS.iter().filter(disk) {
            assert_eq!(known.root, Kubelet);
            assert_eq!(known.flags, ALLOW_MOUNTED);
        }
    }
}
