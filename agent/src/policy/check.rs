//! Source → checked: every key known, every value of its kind, nothing twice.

use std::{
    ops::Range,
    path::{Component, PathBuf},
};

use super::{
    Access, Allowed, HostPath, Mode, allowed,
    error::{Problem, Wrong},
    source::{Section, Source},
};

const TOP: &[&str] = &["mode", "default", "profile"];
const PROFILE: &[&str] = &["name", "host_paths", "contain"];
const CONTAIN: &[&str] = &["allow"];
const HOST_PATH: &[&str] = &["path", "access"];
/// Keys of the language that this version does not have yet.
const LATER: &[&str] = &["assign", "extends", "capabilities", "allow_missing"];

/// A policy that is right as far as its text goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) mode: Mode,
    /// With the place of each path in the text.
    pub(super) host_paths: Vec<(HostPath, Range<usize>)>,
    pub(super) allowed: Allowed,
}

pub(super) fn check(source: &Source<'_>) -> Result<Checked, Wrong> {
    let top = source.top();
    if let Some(entry) = top.entries().iter().find(|e| e.key == "host_paths") {
        return Err(Wrong::new(
            entry.key_span.clone(),
            Problem::HostPathsOutside,
        ));
    }
    known(&top, TOP)?;
    let mut checked = Checked {
        mode: mode(&top)?,
        ..Checked::default()
    };
    if let Some((name, span)) = top.string("default")? {
        baseline(name, span)?;
    }
    let mut seen = false;
    for section in top.tables("profile")? {
        known(&section, PROFILE)?;
        let (name, span) = required(&section, ("profile", "name"))?;
        baseline(name, span.clone())?;
        if std::mem::replace(&mut seen, true) {
            return Err(Wrong::new(span, Problem::ProfileTwice(name.to_owned())));
        }
        for entry in section.tables("host_paths")? {
            host_path(&entry, &mut checked.host_paths)?;
        }
        if let Some(contain) = section.table("contain")? {
            contain.only(CONTAIN)?;
            checked.allowed = allowed::read(&contain)?;
        }
    }
    Ok(checked)
}

fn known(section: &Section<'_>, keys: &'static [&'static str]) -> Result<(), Wrong> {
    match section.entries().iter().find(|e| LATER.contains(&e.key)) {
        Some(entry) => {
            let key = entry.key.to_owned();
            Err(Wrong::new(entry.key_span.clone(), Problem::Later { key }))
        }
        None => section.only(keys),
    }
}

fn required<'a>(
    section: &Section<'a>,
    (what, key): (&'static str, &'static str),
) -> Result<(&'a str, Range<usize>), Wrong> {
    section
        .string(key)?
        .ok_or_else(|| Wrong::new(section.span(), Problem::Missing { what, key }))
}

fn mode(top: &Section<'_>) -> Result<Mode, Wrong> {
    match top.string("mode")? {
        None | Some(("enforce", _)) => Ok(Mode::Enforce),
        Some(("audit", _)) => Ok(Mode::Audit),
        Some((found, span)) => Err(value(("mode", found), span, &["enforce", "audit"])),
    }
}

fn baseline(name: &str, span: Range<usize>) -> Result<(), Wrong> {
    if name == "baseline" {
        Ok(())
    } else {
        Err(Wrong::new(span, Problem::Profile(name.to_owned())))
    }
}

fn value(
    (key, found): (&'static str, &str),
    span: Range<usize>,
    known: &'static [&'static str],
) -> Wrong {
    let found = found.to_owned();
    Wrong::new(span, Problem::Value { key, found, known })
}

fn host_path(section: &Section<'_>, all: &mut Vec<(HostPath, Range<usize>)>) -> Result<(), Wrong> {
    section.only(HOST_PATH)?;
    let (text, span) = required(section, ("an entry of `host_paths`", "path"))?;
    let access = match section.string("access")? {
        None | Some(("ro", _)) => Access::Ro,
        Some(("rw", _)) => Access::Rw,
        Some((found, span)) => return Err(value(("access", found), span, &["ro", "rw"])),
    };
    let problem =
        |problem: fn(String) -> Problem| Wrong::new(span.clone(), problem(text.to_owned()));
    // Through its components, so that `/a//b/` and `/a/b` are one path.
    let path: PathBuf = PathBuf::from(text).components().collect();
    if !path.is_absolute() {
        return Err(problem(Problem::Relative));
    }
    if path.components().any(|c| c == Component::ParentDir) {
        return Err(problem(Problem::Parent));
    }
    if all.iter().any(|(other, _)| other.path == path) {
        return Err(problem(Problem::PathTwice));
    }
    all.push((HostPath { path, access }, span));
    Ok(())
}
