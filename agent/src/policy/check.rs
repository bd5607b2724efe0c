//! Source → checked: every key known, every value of its kind, nothing twice.

use std::ops::Range;

use super::{
    BASELINE, Mode,
    assign::{self, Assign},
    error::{Problem, Wrong},
    profiles::Profiles,
    source::{Section, Source},
};

const TOP: &[&str] = &["mode", "default", "profile", "assign"];
/// Keys of the language that this version does not have yet.
const LATER: &[&str] = &["capabilities", "allow_missing"];

/// A policy that is right as far as its text goes.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) mode: Mode,
    pub(super) default: String,
    pub(super) profiles: Profiles,
    pub(super) assigns: Vec<Assign>,
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
    let mode = mode(&top)?.unwrap_or_default();
    let profiles = Profiles::read(&top.tables("profile")?)?;
    let default = match top.string("default")? {
        Some((name, place)) => {
            profiles.demand(name, &place)?;
            name
        }
        None => BASELINE,
    };
    let assigns = assign::read(&top.tables("assign")?, &profiles)?;
    Ok(Checked {
        mode,
        default: default.to_owned(),
        profiles,
        assigns,
    })
}

pub(super) fn known(section: &Section<'_>, keys: &'static [&'static str]) -> Result<(), Wrong> {
    match section.entries().iter().find(|e| LATER.contains(&e.key)) {
        Some(entry) => {
            let key = entry.key.to_owned();
            Err(Wrong::new(entry.key_span.clone(), Problem::Later { key }))
        }
        None => section.only(keys),
    }
}

pub(super) fn required<'a>(
    section: &Section<'a>,
    (what, key): (&'static str, &'static str),
) -> Result<(&'a str, Range<usize>), Wrong> {
    section
        .string(key)?
        .ok_or_else(|| Wrong::new(section.span(), Problem::Missing { what, key }))
}

pub(super) fn mode(section: &Section<'_>) -> Result<Option<Mode>, Wrong> {
    match section.string("mode")? {
        None => Ok(None),
        Some(("enforce", _)) => Ok(Some(Mode::Enforce)),
        Some(("audit", _)) => Ok(Some(Mode::Audit)),
        Some((found, span)) => Err(value(("mode", found), span, &["enforce", "audit"])),
    }
}

pub(super) fn value(
    (key, found): (&'static str, &str),
    span: Range<usize>,
    known: &'static [&'static str],
) -> Wrong {
    let found = found.to_owned();
    Wrong::new(span, Problem::Value { key, found, known })
}
