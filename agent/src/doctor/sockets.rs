//! Sockets of runtimes: by them one starts containers as root. Bulkhead holds those containers to
//! the policy, but not what the daemon does itself, such as `docker cp`.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use super::{Finding, docker, text};

const SOCKETS: &[&str] = &[
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/buildkit/buildkitd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/cri-dockerd.sock",
];
const ABOUT: &str = "socket";
const WRITE_BY_OTHERS: u32 = 0o002;
const WRITE_BY_GROUP: u32 = 0o020;
const ENTER_BY_OTHERS: u32 = 0o001;

pub(super) fn look(host: &Path) -> Vec<Finding> {
    let named = docker::all(host).unwrap_or_default();
    let named = named.iter().flat_map(docker::Api::sockets);
    // The same place by its older name.
    let named = named.map(|path| {
        path.strip_prefix("/var")
            .filter(|p| p.starts_with("/run/"))
            .unwrap_or(path)
    });
    let all: BTreeSet<_> = SOCKETS.iter().copied().chain(named).collect();
    let groups = text(host, "etc/group").ok().flatten().unwrap_or_default();
    all.into_iter()
        .filter_map(|path| socket(host, path, &groups))
        .collect()
}

fn socket(host: &Path, path: &str, groups: &str) -> Option<Finding> {
    let file = fs::metadata(host.join(path.trim_start_matches('/'))).ok()?;
    let (mode, group) = (file.permissions().mode(), file.gid());
    if mode & WRITE_BY_OTHERS != 0 && is_open(host, path) {
        let says = format!("every user of this host may start containers as root by {path}");
        let remedy = if path == "/run/docker.sock" {
            "chmod o-rw /run/docker.sock; and SocketMode=0660 in `systemctl cat docker.socket`"
                .to_owned()
        } else {
            format!("chmod o-rw {path}")
        };
        return Some(Finding::warning(ABOUT, says).remedy(remedy));
    }
    if mode & WRITE_BY_GROUP == 0 || group == 0 {
        return None;
    }
    let says = format!(
        "{path} is for {}: what they start is held to the policy; normal for Docker",
        members(groups, group)
    );
    Some(Finding::fine(ABOUT, says))
}

/// Whether others than the owner come as far as there.
fn is_open(host: &Path, path: &str) -> bool {
    let folders = Path::new(path).ancestors().skip(1);
    let mut folders = folders.filter_map(|folder| folder.strip_prefix("/").ok());
    folders.all(|folder| {
        // The host's root itself is everybody's.
        let mode = fs::metadata(host.join(folder)).map(|file| file.permissions().mode());
        folder.as_os_str().is_empty() || mode.is_ok_and(|mode| mode & ENTER_BY_OTHERS != 0)
    })
}

/// `group docker (nina, ulf)`.
fn members(groups: &str, id: u32) -> String {
    for line in groups.lines() {
        let fields: Vec<_> = line.split(':').collect();
        if let [name, _, number, users] = fields[..]
            && number.parse() == Ok(id)
        {
            let users = if users.is_empty() {
                "nobody in it".to_owned()
            } else {
                users.replace(',', ", ")
            };
            return format!("group {name} ({users})");
        }
    }
    format!("group {id}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::{
        super::{Level, tests::host},
        *,
    };

    const GROUPS: &str = "root:x:0:\nbroken\ndocker:x:998:nina,ulf\nempty:x:997:\n";

    fn with(files: &[(&str, u32)]) -> tempfile::TempDir {
        let all: Vec<_> = files.iter().map(|(path, _)| (*path, "")).collect();
        let host = host(&all);
        for (path, mode) in files {
            let path = host.path().join(path);
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
        }
        host
    }

    #[test]
    fn one_that_everybody_may_write_to() {
        let host = with(&[("run/docker.sock", 0o666), ("run/crio/crio.sock", 0o666)]);
        let closed = fs::Permissions::from_mode(0o700);
        fs::set_permissions(host.path().join("run/crio"), closed).unwrap();
        let found = look(host.path());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].level, Level::Warning);
        let remedy = found[0].remedy.as_deref().unwrap();
        assert!(
            remedy.starts_with("chmod o-rw /run/docker.sock; "),
            "{remedy}"
        );
    }

    #[test]
    fn one_of_a_group_is_normal() {
        let host = with(&[("run/docker.sock", 0o660), ("etc/group", 0o644)]);
        fs::write(host.path().join("etc/group"), GROUPS).unwrap();
        let own = fs::metadata(host.path()).unwrap().gid();
        let found = look(host.path());
        assert_eq!(found.is_empty(), own == 0, "{found:?}");
        // Only root can give it to that group.
        if chown(host.path().join("run/docker.sock"), None, Some(998)).is_ok() {
            let found = look(host.path());
            assert_eq!(found[0].level, Level::Fine);
            let start = "/run/docker.sock is for group docker (nina, ulf): ";
            assert!(found[0].says.starts_with(start), "{}", found[0].says);
        }
        assert_eq!(members(GROUPS, 998), "group docker (nina, ulf)");
        assert_eq!(members(GROUPS, 997), "group empty (nobody in it)");
        assert_eq!(members(GROUPS, 41), "group 41");
    }

    #[test]
    fn one_where_dockers_configuration_says() {
        let host = with(&[("srv/d.sock", 0o777), ("run/podman/podman.sock", 0o600)]);
        fs::create_dir_all(host.path().join("etc/docker")).unwrap();
        let text = r#"{"hosts":["unix:///srv/d.sock","unix:///var/run/docker.sock"]}"#;
        fs::write(host.path().join("etc/docker/daemon.json"), text).unwrap();
        let found = look(host.path());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].remedy.as_deref(), Some("chmod o-rw /srv/d.sock"));
    }
}
