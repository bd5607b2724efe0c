//! Where the runtimes keep their data on this host: in the usual places, and where their own
//! configuration says.
//!
//! Whoever makes the agent take a place lets containers mount what is below it. So only what is
//! root's on the host counts: files below `/etc` and `/usr`, and the command lines of root's
//! processes in the host's mount namespace. A container has neither; what users may say of their own
//! containers is for those alone (`users.rs`).

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{below, config, daemons, users};

/// A kind of directory that paths of `known.rs` are relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// Docker's `data-root`.
    Docker,
    /// containerd's `root` and `state`.
    Containerd,
    ContainerdState,
    /// `graphroot` and `runroot` of podman and CRI-O, which share containers/storage.
    Containers,
    ContainersRun,
    /// kubelet's `--root-dir`.
    Kubelet,
    /// Storage of one user's own containers.
    User,
    /// The host's `/`.
    Host,
}

const USUAL: &[(Root, &str)] = &[
    (Root::Docker, "/var/lib/docker"),
    (Root::Containerd, "/var/lib/containerd"),
    (Root::ContainerdState, "/run/containerd"),
    (Root::Containers, "/var/lib/containers/storage"),
    (Root::ContainersRun, "/run/containers/storage"),
    (Root::Kubelet, "/var/lib/kubelet"),
    (Root::Host, "/"),
];

/// One directory of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub root: Root,
    pub path: PathBuf,
    /// The user whose it must be, where it is not root's.
    pub user: Option<u32>,
}

/// All of them on this host.
#[derive(Debug, Default)]
pub struct Roots {
    places: BTreeSet<Place>,
    /// What is wrong with the runtimes' configuration.
    pub warnings: BTreeSet<String>,
}

/// What the runtimes' configuration says, as it is written there.
#[derive(Debug, Default)]
pub struct Said {
    pub places: Vec<(Root, String)>,
    /// Storage of every user, with `$HOME` and the like in it.
    pub of_users: Vec<String>,
    pub warnings: BTreeSet<String>,
}

impl Roots {
    /// Looks for them below `host`, the host's root folder.
    pub fn find(host: &Path) -> Self {
        let mut said = Said::default();
        config::read(host, &mut said);
        daemons::read(host, &mut said);
        let mut roots = Self {
            places: BTreeSet::new(),
            warnings: said.warnings,
        };
        let usual = USUAL.iter().map(|(root, path)| (*root, (*path).to_owned()));
        for (root, path) in usual.chain(said.places) {
            roots.add(host, root, &path);
        }
        roots.places.extend(users::stores(host, &said.of_users));
        roots
    }

    /// The places of one kind.
    pub fn of(&self, root: Root) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(move |place| place.root == root)
    }

    fn add(&mut self, host: &Path, root: Root, path: &str) {
        if !path.starts_with('/') {
            let warning = format!("{path} is no absolute path: containers get nothing from there");
            self.warnings.insert(warning);
            return;
        }
        let path = below(host, path);
        if root == Root::Docker {
            for path in remapped(&path) {
                let user = None;
                self.places.insert(Place { root, path, user });
            }
        }
        let user = None;
        self.places.insert(Place { root, path, user });
    }
}

/// With `userns-remap` Docker keeps its data one level deeper, in `UID.GID`.
pub fn remapped(docker: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(docker).into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name();
            let ids = name.to_str().and_then(|name| name.split_once('.'));
            ids.is_some_and(|(uid, gid)| uid.parse::<u32>().is_ok() && gid.parse::<u32>().is_ok())
        })
        .map(|entry| entry.path())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A host with these files.
    pub fn host(files: &[(&str, &str)]) -> tempfile::TempDir {
        let host = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = host.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        host
    }

    /// The places of one kind, without the host's folder in front.
    pub fn places(host: &Path, root: Root) -> Vec<String> {
        let roots = Roots::find(host);
        let own = |place: &Place| place.path.strip_prefix(host).unwrap().to_owned();
        let mut found: Vec<_> = roots
            .of(root)
            .map(|place| format!("/{}", own(place).display()))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn the_usual_places_are_always_there() {
        let host = host(&[]);
        for (root, path) in USUAL {
            assert_eq!(places(host.path(), *root), [*path]);
        }
        assert_eq!(places(host.path(), Root::User), [""; 0]);
    }

    /// docs.docker.com, "Isolate containers with a user namespace".
    #[test]
    fn docker_with_remapped_users() {
        let host = host(&[]);
        for name in ["100000.100000", "overlay2", "1.x", "x.1"] {
            fs::create_dir_all(host.path().join("var/lib/docker").join(name)).unwrap();
        }
        assert_eq!(
            places(host.path(), Root::Docker),
            ["/var/lib/docker", "/var/lib/docker/100000.100000"]
        );
    }

    #[test]
    fn a_relative_place_is_none() {
        let host = host(&[("etc/docker/daemon.json", r#"{"data-root":"docker"}"#)]);
        assert_eq!(places(host.path(), Root::Docker), ["/var/lib/docker"]);
        assert_eq!(Roots::find(host.path()).warnings.len(), 1);
    }
}
