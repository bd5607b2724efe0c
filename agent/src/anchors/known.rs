//! Where the runtimes keep what they mount into containers. Data, tested against real layouts in
//! `tests/`.

use probe_common::anchor::{ALLOW_DIRECT, ALLOW_MOUNTED, BUILD_ONLY, OWN_ID, READ_ONLY, ROOT_ONLY};

pub struct Known {
    pub path: &'static str,
    /// Components below `path` at which a mount's root may lie, at least.
    pub min_depth: u32,
    pub flags: u32,
    /// For `ALLOW_MOUNTED`: superblock magics.
    pub fs: [u32; 4],
}

const OVERLAY: u32 = 0x794c_7630;
const TMPFS: u32 = 0x0102_1994;
const NFS: u32 = 0x6969;
const CIFS: u32 = 0xff53_4d42;
const SMB2: u32 = 0xfe53_4d42;

const BUILDKIT_MOUNTS: &str = "/var/lib/docker/buildkit/containerd-overlayfs/cachemounts";
const SNAPSHOTS: &str = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots";
/// Of the containerd that dockerd starts itself where there is none.
const SNAPSHOTS_OF_DOCKERD: &str =
    "/var/lib/docker/containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots";

/// The root filesystem of a container, an overlay that the runtime mounted.
const fn rootfs(path: &'static str, min_depth: u32, flags: u32) -> Known {
    Known {
        path,
        min_depth,
        flags: ALLOW_MOUNTED | ROOT_ONLY | flags,
        fs: [OVERLAY, 0, 0, 0],
    }
}

/// Volumes: directories, and what the documented volume drivers mount there that is not the host's.
const fn volumes(path: &'static str) -> Known {
    let fs = [TMPFS, NFS, CIFS, SMB2];
    Known {
        path,
        min_depth: 2,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED,
        fs,
    }
}

/// The runtime's own small files for one container: `hosts`, `resolv.conf`, `shm`.
const fn own_files(path: &'static str) -> Known {
    let flags = ALLOW_DIRECT | ALLOW_MOUNTED | OWN_ID;
    Known {
        path,
        min_depth: 2,
        flags,
        fs: [TMPFS, 0, 0, 0],
    }
}

const fn files(path: &'static str, min_depth: u32, flags: u32) -> Known {
    Known {
        path,
        min_depth,
        flags: ALLOW_DIRECT | flags,
        fs: [0; 4],
    }
}

/// Layers and caches that a build step mounts beside its root: the host's directory where there is
/// one layer, an overlay where there are more.
const fn layers(path: &'static str, min_depth: u32) -> Known {
    Known {
        path,
        min_depth,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | BUILD_ONLY,
        fs: [OVERLAY, 0, 0, 0],
    }
}

/// A path has two entries at most.
pub const ANCHORS: &[Known] = &[
    // Docker with overlay2: `overlay2/ID/merged`, and for builds `overlay2/ID/diff`.
    rootfs("/var/lib/docker/overlay2", 2, 0),
    layers("/var/lib/docker/overlay2", 2),
    // Docker with the containerd image store: `rootfs/overlayfs/CONTAINER`.
    rootfs("/var/lib/docker/rootfs/overlayfs", 1, OWN_ID),
    own_files("/var/lib/docker/containers"),
    volumes("/var/lib/docker/volumes"),
    // BuildKit in Docker: `ID/rootfs`, and `resolv.conf`, `hosts.ID` beside.
    rootfs("/var/lib/docker/buildkit/executor", 2, 0),
    files("/var/lib/docker/buildkit/executor", 1, 0),
    // What it hands to a step: `buildkit-secrets…/ID`, `.buildkit_ssh_sock…/sock`.
    Known {
        path: "/var/lib/docker/tmp",
        min_depth: 2,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED | BUILD_ONLY,
        fs: [TMPFS, 0, 0, 0],
    },
    // The same with the containerd image store: `buildkitNUMBER`, and of one layer `NUMBER/fs`.
    rootfs(BUILDKIT_MOUNTS, 1, 0),
    layers(BUILDKIT_MOUNTS, 1),
    layers(SNAPSHOTS, 2),
    layers(SNAPSHOTS_OF_DOCKERD, 2),
    // containerd: `NAMESPACE/ID/rootfs`.
    rootfs("/run/containerd/io.containerd.runtime.v2.task", 3, 0),
    // podman: `overlay/ID/merged`, `overlay-containers/ID/userdata/…`.
    rootfs("/var/lib/containers/storage/overlay", 2, 0),
    own_files("/var/lib/containers/storage/overlay-containers"),
    own_files("/run/containers/storage/overlay-containers"),
    volumes("/var/lib/containers/storage/volumes"),
    // systemd-nspawn: a tree as root, and below `/run/host` what it and the host exchange.
    files("/var/lib/machines", 1, ROOT_ONLY),
    files("/run/systemd/nspawn/propagate", 1, 0),
    Known {
        path: "/run/systemd/nspawn/unix-export",
        min_depth: 1,
        flags: ALLOW_MOUNTED,
        fs: [TMPFS, 0, 0, 0],
    },
    files("/usr/lib/os-release", 0, READ_ONLY),
    // `--init`.
    files("/usr/bin/docker-init", 0, READ_ONLY),
    files("/usr/libexec/docker/docker-init", 0, READ_ONLY),
    files("/usr/libexec/podman/catatonit", 0, READ_ONLY),
    files("/usr/bin/catatonit", 0, READ_ONLY),
    files("/usr/share/zoneinfo", 0, READ_ONLY),
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

    fn entries(path: &str) -> Vec<&Known> {
        ANCHORS.iter().filter(|known| known.path == path).collect()
    }

    #[test]
    fn there_is_a_slot_for_every_entry() {
        for known in ANCHORS {
            assert!(entries(known.path).len() <= RULES, "{}", known.path);
        }
    }

    #[test]
    fn roots_and_layers_are_not_everybodys() {
        let places = [
            "/var/lib/docker/overlay2",
            BUILDKIT_MOUNTS,
            SNAPSHOTS,
            SNAPSHOTS_OF_DOCKERD,
        ];
        for known in places.into_iter().flat_map(entries) {
            assert_ne!(known.flags & (ROOT_ONLY | BUILD_ONLY), 0, "{}", known.path);
        }
    }
}
