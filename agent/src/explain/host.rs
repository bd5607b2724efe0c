//! This host, as far as it decides what a host path is.

use std::path::{Component, Path, PathBuf};

use probe_common::anchor::AnchorRule;

use super::{Below, HostMount};
use crate::{
    anchors,
    proc::{
        self,
        mountinfo::{self, Mount},
    },
};

/// A host by its root folder, so that a temporary folder is one.
#[derive(Debug)]
pub struct Host {
    root: PathBuf,
    mounts: Vec<Mount>,
    runtimes: Vec<(PathBuf, AnchorRule)>,
}

/// A part of the host that a mount shows: the path itself, or a filesystem mounted below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub path: PathBuf,
    /// Where it is below the mount.
    pub below: PathBuf,
    pub fs: String,
    pub read_only: bool,
}

impl Host {
    pub fn read(root: &Path) -> Self {
        let of = |process: &str| proc::text(&root.join("proc").join(process).join("mountinfo"));
        // Those of process 1 are for root's eyes.
        let text = of("1").or_else(|_| of("self")).unwrap_or_default();
        Self {
            root: root.to_owned(),
            mounts: mountinfo::read(&text),
            runtimes: anchors::places(root),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// What runtimes keep where, and what may be mounted from there.
    pub fn runtimes(&self) -> &[(PathBuf, AnchorRule)] {
        &self.runtimes
    }

    /// A path of the host in this process's own.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The path without symbolic links, as far as it is there.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let plain = without_dots(path);
        let (Ok(root), Ok(found)) = (self.root.canonicalize(), self.path(&plain).canonicalize())
        else {
            return plain;
        };
        match found.strip_prefix(root) {
            Ok(below) => Path::new("/").join(below),
            Err(_) => plain,
        }
    }

    /// Everything of the host that a mount shows.
    pub fn pieces(&self, mount: &HostMount) -> Vec<Piece> {
        let path = self.resolve(&mount.host_path);
        let top = mountinfo::at(&self.mounts, &path);
        let mut pieces = vec![Piece {
            read_only: mount.read_only || top.is_some_and(|top| top.read_only),
            fs: top.map(|top| top.fs.clone()).unwrap_or_default(),
            below: PathBuf::new(),
            path: path.clone(),
        }];
        if mount.below == Below::Left {
            return pieces;
        }
        let below = self.mounts.iter();
        let below = below.filter(|mount| mount.place.starts_with(&path) && mount.place != path);
        pieces.extend(below.map(|found| Piece {
            below: found.place.strip_prefix(&path).unwrap_or(&path).to_owned(),
            path: found.place.clone(),
            fs: found.fs.clone(),
            read_only: found.read_only || mount.below == Below::TakenReadOnly,
        }));
        pieces
    }
}

/// `/a/./b/../c` is `/a/c`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::Normal(name) => plain.push(name),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn links_and_dots_are_followed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("srv/data")).unwrap();
        std::os::unix::fs::symlink("srv/data", root.path().join("link")).unwrap();
        let host = Host::read(root.path());
        for (path, expected) in [
            ("/link", "/srv/data"),
            ("/srv/./data/../data/", "/srv/data"),
            ("/link/nowhere", "/link/nowhere"),
            ("/../..", "/"),
        ] {
            assert_eq!(host.resolve(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
