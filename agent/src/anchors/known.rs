//! Where the runtimes keep what they mount into containers. Data, tested against real layouts in
//! `tests/`.

use probe_common::anchor::{ALLOW_DIRECT, ALLOW_MOUNTED, OWN_ID, READ_ONLY, ROOT_ONLY};

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

pub const ANCHORS: &[Known] = &[
    // Docker with overlay2: `overlay2/ID/merged`.
    rootfs("/var/lib/docker/overlay2", 2, 0),
    // Docker with the containerd image store: `rootfs/overlayfs/CONTAINER`.
    rootfs("/var/lib/docker/rootfs/overlayfs", 1, OWN_ID),
    own_files("/var/lib/docker/containers"),
    volumes("/var/lib/docker/volumes"),
    // BuildKit in Docker: `ID/rootfs`, and `resolv.conf`, `hosts.ID` beside. One entry for both, so
    // not for the root alone: a directory has one rule.
    Known {
        path: "/var/lib/docker/buildkit/executor",
        min_depth: 1,
        flags: ALLOW_DIRECT | ALLOW_MOUNTED,
        fs: [OVERLAY, 0, 0, 0],
    },
    // The same with the containerd image store: `buildkitNUMBER`.
    rootfs(
        "/var/lib/docker/buildkit/containerd-overlayfs/cachemounts",
        1,
        0,
    ),
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

/// OCI runtimes, whose descendants set containers up.
pub const RUNTIMES: &[&str] = &[
    "/usr/sbin/runc",
    "/usr/bin/runc",
    "/usr/local/sbin/runc",
    "/usr/local/bin/runc",
    "/usr/bin/buildkit-runc",
    "/usr/local/bin/buildkit-runc",
    "/usr/bin/crun",
    "/usr/local/bin/crun",
    "/usr/bin/youki",
    "/usr/local/bin/youki",
    "/usr/bin/lxc-start",
    "/usr/bin/lxc-attach",
    "/usr/bin/systemd-nspawn",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_directory_has_one_rule() {
        let paths: HashSet<_> = ANCHORS.iter().map(|known| known.path).collect();
        assert_eq!(paths.len(), ANCHORS.len());
    }
}
