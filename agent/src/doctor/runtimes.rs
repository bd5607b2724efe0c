//! The container runtimes of this host, and how Bulkhead learns what their containers are called.

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt as _, path::Path};

use super::Finding;
use crate::anchors::{RUNTIMES, Root, Roots};

struct Engine {
    name: &'static str,
    /// File names of its program.
    program: &'static str,
    /// A kind of directory that is its own, so that it is there where the program is not found.
    own: bool,
    root: Root,
    /// Where names and images are, below each such directory.
    file: &'static str,
    /// What is asked else.
    or: &'static str,
}

const ENGINES: &[Engine] = &[
    Engine {
        name: "Docker",
        program: "dockerd",
        own: true,
        root: Root::Docker,
        file: "containers/ID/config.v2.json",
        or: ", else by its API at /var/run/docker.sock",
    },
    Engine {
        name: "containerd",
        program: "containerd",
        own: true,
        root: Root::ContainerdState,
        file: "io.containerd.runtime.v2.task/NAMESPACE/ID/config.json",
        or: "",
    },
    Engine {
        name: "podman",
        program: "podman",
        own: false,
        root: Root::Containers,
        file: "overlay-containers/containers.json",
        or: "",
    },
    Engine {
        name: "CRI-O",
        program: "crio",
        own: false,
        root: Root::Containers,
        file: "overlay-containers/containers.json",
        or: "",
    },
];
const FOLDERS: &[&str] = &["usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"];
const ABOUT: &str = "runtime";

pub(super) fn look(host: &Path) -> Vec<Finding> {
    let roots = Roots::find(host);
    let mut all: Vec<_> = ENGINES
        .iter()
        .flat_map(|found| engine(host, &roots, found))
        .collect();
    all.extend(roots.of(Root::User).map(|place| {
        let (shown, user) = (shown(host, &place.path), place.user.unwrap_or_default());
        let says = format!(
            "rootless: containers of user {user} in {shown} are known by the id in their cgroup's \
             name, without name and image"
        );
        Finding::fine(ABOUT, says)
    }));
    all.extend(programs(host));
    if all.is_empty() {
        all.push(Finding::fine(ABOUT, "no container runtime is known here"));
    }
    let warnings = roots.warnings.iter();
    all.extend(warnings.map(|warning| Finding::warning(ABOUT, warning)));
    all
}

/// One line for each of its directories, also one that it has not made yet.
fn engine(host: &Path, roots: &Roots, engine: &Engine) -> Vec<Finding> {
    let mut folders = FOLDERS.iter();
    let is_installed = folders.any(|folder| host.join(folder).join(engine.program).exists());
    let places = roots.of(engine.root);
    let (there, not_yet): (Vec<_>, Vec<_>) = places.partition(|place| place.path.is_dir());
    let known = match (there.is_empty(), is_installed) {
        (false, true) => there,
        (false, false) if engine.own => there,
        (true, true) => not_yet,
        _ => return Vec::new(),
    };
    let Engine { name, file, or, .. } = engine;
    let says = known.iter().map(|place| {
        let shown = shown(host, &place.path);
        format!("{name}: containers are known by {shown}/{file}{or}")
    });
    says.map(|says| Finding::fine(ABOUT, says)).collect()
}

/// A program that has two names is one.
fn programs(host: &Path) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (path, name) in RUNTIMES {
        let Ok(file) = fs::metadata(host.join(path.trim_start_matches('/'))) else {
            continue;
        };
        if seen.insert((file.dev(), file.ino())) {
            let says = format!("{name}: what {path} sets up is known by descent");
            all.push(Finding::fine(ABOUT, says));
        }
    }
    all
}

fn shown(host: &Path, path: &Path) -> String {
    let below = path.strip_prefix(host).unwrap_or(path);
    Path::new("/").join(below).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{
        super::{Level, tests::host},
        *,
    };

    fn says(host: &Path) -> Vec<String> {
        let found = look(host).into_iter();
        found.map(|found| found.says).collect()
    }

    #[test]
    fn where_they_are() {
        let host = host(&[
            ("etc/docker/daemon.json", r#"{"data-root":"/srv/docker"}"#),
            ("srv/docker/containers/x", ""),
            ("usr/bin/runc", ""),
            ("usr/bin/podman", ""),
            ("usr/local/bin/crio", ""),
            ("run/containerd/x", ""),
        ]);
        fs::create_dir(host.path().join("usr/sbin")).unwrap();
        symlink("../bin/runc", host.path().join("usr/sbin/runc")).unwrap();
        let stored = "/var/lib/containers/storage/overlay-containers/containers.json";
        let tasks = "/run/containerd/io.containerd.runtime.v2.task/NAMESPACE/ID/config.json";
        assert_eq!(
            says(host.path()),
            [
                "Docker: containers are known by /srv/docker/containers/ID/config.v2.json, else by \
                 its API at /var/run/docker.sock",
                &format!("containerd: containers are known by {tasks}"),
                &format!("podman: containers are known by {stored}"),
                &format!("CRI-O: containers are known by {stored}"),
                "runc: what /usr/sbin/runc sets up is known by descent",
            ]
        );
        assert_eq!(
            says(super::super::tests::host(&[]).path()),
            ["no container runtime is known here"]
        );
    }

    #[test]
    fn what_users_have() {
        let files = [
            (
                "etc/passwd",
                "root:x:0:0::/root:/bin/sh\nnina:x:1000:1000::/home/nina:/bin/sh\n",
            ),
            ("home/nina/.local/share/containers/storage/x", ""),
        ];
        let found = says(host(&files).path());
        assert_eq!(found.len(), 1, "{found:?}");
        let start =
            "rootless: containers of user 1000 in /home/nina/.local/share/containers/storage";
        assert!(found[0].starts_with(start), "{found:?}");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let host = host(&[("etc/docker/daemon.json", "{")]);
        let found = look(host.path());
        assert!(found.iter().any(|found| found.level == Level::Warning));
    }
}
