//! Sockets by which everybody on this host can start containers.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::Finding;

const SOCKETS: &[&str] = &[
    "run/docker.sock",
    "run/containerd/containerd.sock",
    "run/podman/podman.sock",
    "run/crio/crio.sock",
    "run/cri-dockerd.sock",
];
const WRITE_BY_OTHERS: u32 = 0o002;

pub(super) fn look(host: &Path) -> Vec<Finding> {
    let open = |path: &&&str| {
        let mode = fs::metadata(host.join(path)).map(|file| file.permissions().mode());
        mode.is_ok_and(|mode| mode & WRITE_BY_OTHERS != 0)
    };
    let finding = |path: &&str| {
        let says = format!("every user of this host may write to /{path}, so start containers");
        Finding::warning("socket", says).remedy(format!("chmod o-rw /{path}"))
    };
    SOCKETS.iter().filter(open).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::host, *};

    #[test]
    fn one_that_everybody_may_write_to() {
        let host = host(&[("run/docker.sock", ""), ("run/crio/crio.sock", "")]);
        let set = |path: &str, mode| {
            fs::set_permissions(host.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
        };
        set("run/docker.sock", 0o666);
        set("run/crio/crio.sock", 0o660);
        let found = look(host.path());
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].remedy.as_deref(),
            Some("chmod o-rw /run/docker.sock")
        );
    }
}
