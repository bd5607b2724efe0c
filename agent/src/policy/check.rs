//! Source → checked: every key known, every value of its kind, nothing twice.

use super::{
    Allowed, BASELINE, Existing, Mode, allowed,
    assign::{self, Assign},
    error::{Problem, Wrong},
    profiles::{KEYS, Profiles},
    source::{Place, Placed, Section, Source},
};

pub(super) const TOP: &[&str] = &[
    "mode",
    "existing",
    "default",
    "allow_missing",
    "profile",
    "assign",
];
pub(super) const EXISTING: &[&str] = &["report", "stop"];

/// A policy that is right as far as its text goes.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) mode: Mode,
    pub(super) existing: Existing,
    pub(super) default: String,
    pub(super) allow_missing: Allowed,
    pub(super) profiles: Profiles,
    pub(super) assigns: Vec<Assign>,
}

/// Checks all files as one policy, in their order.
pub(super) fn check(sources: &[Source<'_>]) -> Result<Checked, Wrong> {
    let tops: Vec<_> = sources.iter().map(Source::top).collect();
    for top in &tops {
        outside(top)?;
        top.only(TOP)?;
    }
    let mode = said(&tops, "mode")?.map(mode).transpose()?.flatten();
    let existing = said(&tops, "existing")?.map(existing).transpose()?;
    let allow_missing = said(&tops, "allow_missing")?.map(allowed::missing);
    let profiles = Profiles::read(&all(&tops, "profile")?)?;
    let default = match said(&tops, "default")? {
        Some(top) => top.string("default")?,
        None => None,
    };
    if let Some((name, place)) = &default {
        profiles.demand(name, place)?;
    }
    let assigns = assign::read(&all(&tops, "assign")?, &profiles)?;
    Ok(Checked {
        mode: mode.unwrap_or_default(),
        existing: existing.unwrap_or_default(),
        default: default.map_or(BASELINE, |(name, _)| name).to_owned(),
        allow_missing: allow_missing.transpose()?.unwrap_or_default(),
        profiles,
        assigns,
    })
}

/// Settings of a profile at the top of a file, where they would be unknown keys.
fn outside(top: &Section<'_>) -> Result<(), Wrong> {
    let mut keys = KEYS.iter().filter(|key| **key != "name");
    match keys.find_map(|key| Some((key, top.key(key)?))) {
        Some((key, place)) => Err(Wrong::new(place, Problem::Outside(key))),
        None => Ok(()),
    }
}

/// The one file that says this.
fn said<'s, 'a>(
    tops: &'s [Section<'a>],
    key: &'static str,
) -> Result<Option<&'s Section<'a>>, Wrong> {
    let mut sayings = tops.iter().filter_map(|top| Some((top, top.key(key)?)));
    match (sayings.next(), sayings.next()) {
        (Some((_, first)), Some((_, place))) => {
            Err(Wrong::new(place, Problem::SaidTwice(key)).after(&first))
        }
        (first, _) => Ok(first.map(|(top, _)| top)),
    }
}

/// The tables of this name in all files.
pub(super) fn all<'a>(tops: &[Section<'a>], key: &'static str) -> Result<Vec<Section<'a>>, Wrong> {
    let mut all = Vec::new();
    for top in tops {
        all.extend(top.tables(key)?);
    }
    Ok(all)
}

pub(super) fn required<'a>(
    section: &Section<'a>,
    (what, key): (&'static str, &'static str),
) -> Result<Placed<'a>, Wrong> {
    section
        .string(key)?
        .ok_or_else(|| Wrong::new(section.place(), Problem::Missing { what, key }))
}

pub(super) fn mode(section: &Section<'_>) -> Result<Option<Mode>, Wrong> {
    match section.string("mode")? {
        None => Ok(None),
        Some(("enforce", _)) => Ok(Some(Mode::Enforce)),
        Some(("audit", _)) => Ok(Some(Mode::Audit)),
        Some((found, place)) => Err(value(("mode", found), place, &["enforce", "audit"])),
    }
}

fn existing(section: &Section<'_>) -> Result<Existing, Wrong> {
    match section.string("existing")? {
        None | Some(("report", _)) => Ok(Existing::Report),
        Some(("stop", _)) => Ok(Existing::Stop),
        Some((found, place)) => Err(value(("existing", found), place, EXISTING)),
    }
}

pub(super) fn value(
    (key, found): (&'static str, &str),
    place: Place,
    known: &'static [&'static str],
) -> Wrong {
    let found = found.to_owned();
    Wrong::new(place, Problem::Value { key, found, known })
}
