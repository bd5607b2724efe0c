//! Anchors: host directories below which host paths may enter a container.
//!
//! A path is what people write; the probe knows files by superblock and inode. Resolving is the one
//! step that looks at the filesystem, and is done again whenever a runtime may have made or replaced
//! a directory: one that is not there yet allows nothing.

mod both;
mod known;
mod locate;
mod watch;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use probe_common::{
    anchor::{Anchor, AnchorRule, FileId},
    limits,
};

use self::known::{Known, RUNTIMES};
pub use self::watch::Watch;
use crate::policy::{Access, HostPath};

/// Everything the probe is told about host paths and runtimes, ready to be written into its maps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    anchors: BTreeMap<FileId, Anchor>,
    /// By their names.
    runtimes: BTreeMap<FileId, &'static str>,
}

#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error("{} cannot be used as an anchor", path.display())]
    Path {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{} is on {fs}, where inode numbers do not identify a directory; Bulkhead cannot tell it \
         from another",
        path.display()
    )]
    Ambiguous { path: PathBuf, fs: String },
    #[error("{found} anchors, {} fit", limits::ANCHORS)]
    TooMany { found: usize },
}

impl Table {
    /// Looks up the directories of every known runtime, those that exist, and the policy's host
    /// paths by the number of their profile, all of them, below `root`.
    ///
    /// # Errors
    /// If a host path of the policy cannot be looked up, or any of them lies on a filesystem whose
    /// inode numbers repeat.
    pub fn resolve(host_paths: &[(u32, HostPath)], root: &Path) -> Result<Self, AnchorError> {
        let mut table = Self::default();
        for known in known::ANCHORS {
            match table.at(&below(root, known.path)) {
                Ok(anchor) => add(anchor, rule_of(known)),
                Err(AnchorError::Path { source, .. }) if absent(&source) => {}
                Err(other) => return Err(other),
            }
        }
        for (profile, wanted) in host_paths {
            let anchor = table.at(&wanted.path)?;
            match wanted.access {
                Access::Ro => anchor.read_only.insert(*profile),
                Access::Rw => anchor.writable.insert(*profile),
            }
        }
        for (path, runtime) in RUNTIMES {
            if let Ok(found) = locate::file(&below(root, path)) {
                table.runtimes.insert(found.id, runtime);
            }
        }
        if table.anchors.len() > limits::ANCHORS as usize {
            return Err(AnchorError::TooMany {
                found: table.anchors.len(),
            });
        }
        Ok(table)
    }

    /// The same while running: a host path of the policy that is gone allows nothing until it is
    /// back, instead of leaving its inode number to whatever gets it next.
    ///
    /// # Errors
    /// As [`Table::resolve`], but for paths that are not there.
    pub fn refresh(host_paths: &[(u32, HostPath)], root: &Path) -> Result<Self, AnchorError> {
        let present: Vec<_> = host_paths
            .iter()
            .filter(|(_, wanted)| !matches!(locate::file(&wanted.path), Err(e) if absent(&e)))
            .cloned()
            .collect();
        Self::resolve(&present, root)
    }

    /// The anchor of a directory that is there.
    fn at(&mut self, path: &Path) -> Result<&mut Anchor, AnchorError> {
        let wrong = |source| AnchorError::Path {
            path: path.to_owned(),
            source,
        };
        let found = locate::file(path).map_err(wrong)?;
        if locate::ambiguous(&found.fs) {
            return Err(AnchorError::Ambiguous {
                path: path.to_owned(),
                fs: found.fs,
            });
        }
        Ok(self.anchors.entry(found.id).or_default())
    }

    pub fn anchors(&self) -> &BTreeMap<FileId, Anchor> {
        &self.anchors
    }

    pub fn runtimes(&self) -> &BTreeMap<FileId, &'static str> {
        &self.runtimes
    }
}

/// Puts a rule where there is room, or where it is already.
fn add(anchor: &mut Anchor, rule: AnchorRule) {
    let free = |place: &&mut AnchorRule| **place == rule || **place == AnchorRule::NONE;
    if let Some(place) = anchor.rules.iter_mut().find(free) {
        *place = rule;
    }
}

fn rule_of(known: &Known) -> AnchorRule {
    AnchorRule {
        flags: known.flags,
        min_depth: known.min_depth,
        fs: known.fs,
    }
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use probe_common::anchor::{BUILD_ONLY, READ_ONLY, ROOT_ONLY};

    use super::*;

    fn host_path(path: &Path, access: Access) -> (u32, HostPath) {
        let path = path.to_owned();
        (3, HostPath { path, access })
    }

    #[test]
    fn what_is_not_there_allows_nothing_and_is_found_later() {
        let host = tempfile::tempdir().unwrap();
        assert_eq!(Table::resolve(&[], host.path()).unwrap(), Table::default());
        fs::create_dir_all(host.path().join("var/lib/docker/volumes")).unwrap();
        let table = Table::resolve(&[], host.path()).unwrap();
        assert_eq!(table.anchors().len(), 1);
        let rule = table.anchors().values().next().unwrap().rules[0];
        assert_eq!(rule.min_depth, 2);
    }

    #[test]
    fn two_entries_of_one_directory_are_both_there() {
        let host = tempfile::tempdir().unwrap();
        fs::create_dir_all(host.path().join("var/lib/docker/overlay2")).unwrap();
        let table = Table::resolve(&[], host.path()).unwrap();
        let anchor = table.anchors().values().next().unwrap();
        let [root, layers] = anchor.rules;
        assert_eq!(root.flags & (ROOT_ONLY | BUILD_ONLY), ROOT_ONLY);
        assert_eq!(layers.flags & (ROOT_ONLY | BUILD_ONLY), BUILD_ONLY);
        assert_eq!(anchor.of_policy(0), AnchorRule::NONE);
    }

    #[test]
    fn a_host_path_of_the_policy_must_exist() {
        let missing = host_path(Path::new("/does/not/exist"), Access::Rw);
        let error = Table::resolve(&[missing], Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("/does/not/exist"), "{error}");
    }

    #[test]
    fn a_host_path_that_goes_away_allows_nothing() {
        let host = tempfile::tempdir().unwrap();
        let data = host.path().join("data");
        fs::create_dir(&data).unwrap();
        let paths = [host_path(&data, Access::Rw)];
        let nowhere = host.path().join("nowhere");
        assert_eq!(Table::refresh(&paths, &nowhere).unwrap().anchors().len(), 1);
        fs::remove_dir(&data).unwrap();
        assert_eq!(Table::refresh(&paths, &nowhere).unwrap(), Table::default());
    }

    #[test]
    fn two_names_of_one_directory_allow_what_either_allows() {
        let host = tempfile::tempdir().unwrap();
        let link = host.path().join("link");
        std::os::unix::fs::symlink(host.path(), &link).unwrap();
        for order in [[Access::Ro, Access::Rw], [Access::Rw, Access::Ro]] {
            let [first, second] = order;
            let paths = [host_path(host.path(), first), host_path(&link, second)];
            let table = Table::resolve(&paths, &host.path().join("nowhere")).unwrap();
            let anchor = table.anchors().values().next().unwrap();
            let flags = anchor.of_policy(3).flags;
            assert!(flags != 0 && flags & READ_ONLY == 0, "{order:?}");
            assert_eq!(anchor.of_policy(4), AnchorRule::NONE);
        }
    }
}
