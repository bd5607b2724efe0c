//! Anchors: host directories below which host paths may enter a container.
//!
//! A path is what people write; the probe knows files by superblock and inode. Resolving is the one
//! step that looks at the filesystem, and is done again whenever a runtime may have made or replaced
//! a directory: one that is not there yet allows nothing.

mod both;
mod config;
pub mod daemons;
mod filesystems;
mod known;
mod locate;
mod roots;
mod trust;
mod users;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error as _,
    io,
    path::{Path, PathBuf},
};

use probe_common::{
    anchor::{Anchor, AnchorRule, FileId},
    limits,
};

pub use self::{
    filesystems::magic,
    known::RUNTIMES,
    roots::{Root, Roots, remapped},
    watch::Watch,
};
use self::{
    known::Known,
    locate::{Located, Mounts},
    roots::Place,
};
use crate::policy::{Access, HostPath};

/// Everything the probe is told about host paths and runtimes, ready to be written into its maps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    anchors: BTreeMap<FileId, Anchor>,
    /// By their names.
    runtimes: BTreeMap<FileId, &'static str>,
    /// Directories of runtimes that allow nothing though they are there, and why.
    warnings: BTreeSet<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error("the host's mounts cannot be read")]
    Mounts(#[source] io::Error),
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
    #[error(
        "{} leads over {}, a link that others than root can change; write where it shall lead to",
        path.display(),
        link.display()
    )]
    Link { path: PathBuf, link: PathBuf },
    #[error("{found} anchors, {} fit", limits::ANCHORS)]
    TooMany { found: usize },
}

impl Table {
    /// Looks up the directories of every known runtime, those that exist, and the policy's host
    /// paths by the number of their profile, all of them, below `root`. A directory of a runtime that
    /// cannot be an anchor allows nothing, and a warning says so.
    ///
    /// # Errors
    /// If a host path of the policy cannot be looked up, or lies on a filesystem whose inode numbers
    /// repeat.
    pub fn resolve(host_paths: &[(u32, HostPath)], root: &Path) -> Result<Self, AnchorError> {
        let mut mounts = Mounts::read().map_err(AnchorError::Mounts)?;
        Self::with(host_paths, root, &mut mounts)
    }

    fn with(
        host_paths: &[(u32, HostPath)],
        root: &Path,
        mounts: &mut Mounts,
    ) -> Result<Self, AnchorError> {
        Self::look_up(host_paths, (root, mounts), Err)
    }

    /// `wrong` says of a host path that is no anchor what to warn of, if that is not the end of it.
    fn look_up(
        host_paths: &[(u32, HostPath)],
        (root, mounts): (&Path, &mut Mounts),
        wrong: impl Fn(AnchorError) -> Result<Option<String>, AnchorError>,
    ) -> Result<Self, AnchorError> {
        let roots = Roots::find(root);
        let mut table = Self::default();
        for known in known::ANCHORS {
            for place in roots.of(known.root) {
                match of_runtime(known, place, root, mounts) {
                    Ok(Some(found)) => add(table.at(&found), rule_of(known)),
                    Ok(None) => {}
                    Err(warning) => drop(table.warnings.insert(warning)),
                }
            }
        }
        table.warnings.extend(roots.warnings);
        for (profile, wanted) in host_paths {
            let found = match of_policy(&wanted.path, root, mounts) {
                Ok(found) => found,
                Err(error) => {
                    table.warnings.extend(wrong(error)?);
                    continue;
                }
            };
            let anchor = table.at(&found);
            match wanted.access {
                Access::Ro => anchor.read_only.insert(*profile),
                Access::Rw => anchor.writable.insert(*profile),
            }
        }
        for (path, runtime) in RUNTIMES {
            if let Ok(found) = mounts.file(&below(root, path)) {
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

    /// The same while running: a host path of the policy that is gone or wrong by now allows nothing
    /// until it is as it was, instead of leaving its inode number to whatever gets it next.
    ///
    /// # Errors
    /// If the mounts cannot be read, or there are too many anchors.
    pub fn refresh(host_paths: &[(u32, HostPath)], root: &Path) -> Result<Self, AnchorError> {
        let mut mounts = Mounts::read().map_err(AnchorError::Mounts)?;
        Self::look_up(host_paths, (root, &mut mounts), |error| match error {
            AnchorError::Path { source, .. } if absent(&source) => Ok(None),
            error => {
                let reason = error.source().map(|reason| format!(" ({reason})"));
                let reason = reason.unwrap_or_default();
                Ok(Some(format!(
                    "{error}{reason}: containers get nothing from there"
                )))
            }
        })
    }

    fn at(&mut self, found: &Located) -> &mut Anchor {
        self.anchors.entry(found.id).or_default()
    }

    /// What this table warns of and `before` did not.
    pub fn new_warnings<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a String> {
        self.warnings.difference(&before.warnings)
    }

    pub fn anchors(&self) -> &BTreeMap<FileId, Anchor> {
        &self.anchors
    }

    pub fn runtimes(&self) -> &BTreeMap<FileId, &'static str> {
        &self.runtimes
    }
}

/// What runtimes keep where, by paths of the host whose root folder is `host`, and what may be mounted
/// from there; whether it is there or not.
pub fn places(host: &Path) -> Vec<(PathBuf, AnchorRule)> {
    let roots = Roots::find(host);
    let mut all = Vec::new();
    for known in known::ANCHORS {
        for place in roots.of(known.root) {
            let path = place.path.join(known.path);
            let path = Path::new("/").join(path.strip_prefix(host).unwrap_or(&path));
            // Through its components, so that a path that is empty adds no slash.
            all.push((path.components().collect(), rule_of(known)));
        }
    }
    all
}

/// Where a runtime keeps something, if it is there: or why it is no anchor.
fn of_runtime(
    known: &Known,
    place: &Place,
    host: &Path,
    mounts: &mut Mounts,
) -> Result<Option<Located>, String> {
    let path = if known.path.is_empty() {
        place.path.clone()
    } else {
        place.path.join(known.path)
    };
    let found = match place.user {
        Some(user) => mounts.owned(&path, user),
        None => mounts.file(&path),
    };
    let no = |path: &Path, reason: &str| {
        Err(format!(
            "{} {reason}: containers get nothing from there",
            path.display()
        ))
    };
    // One warning for all that a runtime keeps in one place.
    let whole = match known.root {
        Root::Host => &path,
        _ => &place.path,
    };
    match found {
        // A user's directory that is not as it should be is the user's affair.
        Err(error) if absent(&error) || place.user.is_some() => Ok(None),
        Err(error) => no(&path, &format!("cannot be looked up ({error})")),
        Ok(found) if locate::ambiguous(&found.fs) => no(
            whole,
            &format!(
                "is on {}, where inode numbers do not identify a directory",
                found.fs
            ),
        ),
        Ok(found) if place.user.is_some() => Ok(Some(found)),
        Ok(found) => match trust::way(&path, host).map(|way| way.weak) {
            Ok(None) => Ok(Some(found)),
            Ok(Some(weak)) => {
                let weak = format!("can be replaced by others than root, at {}", weak.display());
                no(whole, &weak)
            }
            Err(error) if absent(&error) => Ok(None),
            Err(error) => no(&path, &format!("cannot be looked up ({error})")),
        },
    }
}

/// A host path, over links of root's alone: where others could put one, they would choose what
/// containers get.
fn of_policy(path: &Path, host: &Path, mounts: &mut Mounts) -> Result<Located, AnchorError> {
    let wrong = |source| AnchorError::Path {
        path: path.to_owned(),
        source,
    };
    let way = trust::way(path, host).map_err(wrong)?;
    if let Some(link) = way.link {
        let path = path.to_owned();
        return Err(AnchorError::Link { path, link });
    }
    let found = mounts.over_no_link(&way.to).map_err(wrong)?;
    if locate::ambiguous(&found.fs) {
        return Err(AnchorError::Ambiguous {
            path: path.to_owned(),
            fs: found.fs,
        });
    }
    Ok(found)
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
mod layouts;
#[cfg(test)]
mod tests;
