//! Host paths and devices, as far as their text goes.

use std::path::{Component, PathBuf};

use crate::policy::{
    Access, HostPath,
    check::{required, value},
    error::{Problem, Wrong},
    source::{Place, Placed, Section},
};

const HOST_PATH: &[&str] = &["path", "access"];
pub(super) const ACCESS: &[&str] = &["ro", "rw"];

/// Reads `host_paths`.
pub(super) fn host_paths(section: &Section<'_>) -> Result<Vec<(HostPath, Place)>, Wrong> {
    let mut all: Vec<(HostPath, Place)> = Vec::new();
    for entry in section.tables("host_paths")? {
        entry.only(HOST_PATH)?;
        let (text, place) = required(&entry, ("an entry of `host_paths`", "path"))?;
        let access = match entry.string("access")? {
            None | Some(("ro", _)) => Access::Ro,
            Some(("rw", _)) => Access::Rw,
            Some((found, place)) => return Err(value(("access", found), place, ACCESS)),
        };
        let path = whole((text, place.clone()), "host path")?;
        if all.iter().any(|(other, _)| other.path == path) {
            return Err(Wrong::new(place, Problem::twice("host path", text)));
        }
        all.push((HostPath { path, access }, place));
    }
    Ok(all)
}

/// Reads `devices`.
pub(super) fn devices(section: &Section<'_>) -> Result<Vec<(PathBuf, Place)>, Wrong> {
    let mut all: Vec<(PathBuf, Place)> = Vec::new();
    for (text, place) in section.strings("devices")?.unwrap_or_default() {
        let path = whole((text, place.clone()), "device")?;
        if all.iter().any(|(other, _)| *other == path) {
            return Err(Wrong::new(place, Problem::twice("device", text)));
        }
        all.push((path, place));
    }
    Ok(all)
}

/// Through its components, so that `/a//b/` and `/a/b` are one path.
fn whole((text, place): Placed<'_>, what: &'static str) -> Result<PathBuf, Wrong> {
    let path: PathBuf = PathBuf::from(text).components().collect();
    let given = text.to_owned();
    if !path.is_absolute() {
        return Err(Wrong::new(place, Problem::Relative { what, path: given }));
    }
    if path.components().any(|c| c == Component::ParentDir) {
        return Err(Wrong::new(place, Problem::Parent { what, path: given }));
    }
    Ok(path)
}
