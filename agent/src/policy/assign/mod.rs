//! Which container gets which profile: the first entry that fits.

mod image;
mod pattern;

use std::{collections::BTreeMap, path::PathBuf};

use self::pattern::{Pattern, reference, wanted_reference};
pub use self::{image::Image, pattern::with_registry};
use super::{
    Mode, Position, check,
    error::{Problem, Wrong},
    profiles::Profiles,
    source::{Placed, Section},
};
use crate::containers::Info;

pub(super) const KEYS: &[&str] = &[
    "image",
    "name",
    "label",
    "namespace",
    "pod_label",
    "runtime",
    "profile",
    "mode",
];
/// As `bulkhead tail` and the records name them.
pub const RUNTIMES: &[&str] = &[
    "containerd",
    "cri-o",
    "crun",
    "docker",
    "lxc",
    "podman",
    "runc",
    "systemd-nspawn",
    "youki",
];
/// Which runtimes tell what of their containers; the rest is known of all.
const KNOWN_OF: &[(&str, &[&str])] = &[
    ("image", &["containerd", "cri-o", "docker", "podman"]),
    ("label", &["containerd", "cri-o", "docker", "podman"]),
    ("namespace", &["containerd", "cri-o", "docker"]),
    ("pod_label", &["cri-o"]),
];

/// Every condition that is given has to be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    image: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    runtime: Option<String>,
    labels: Vec<(String, Pattern)>,
    pod_labels: Vec<(String, Pattern)>,
    pub(super) profile: String,
    /// That of the policy where nothing is said.
    pub(super) mode: Option<Mode>,
    /// Where it stands, for who wants to know which one it was.
    pub at: Option<(PathBuf, Position)>,
}

impl Assign {
    pub(super) fn fits(&self, info: &Info) -> bool {
        let fits = |wanted: &Option<Pattern>, found: Option<&str>| {
            let fits = |wanted: &Pattern| found.is_some_and(|found| wanted.fits(found));
            wanted.as_ref().is_none_or(fits)
        };
        let image = info.image.as_deref().map(reference);
        let has = |found: &BTreeMap<String, String>, (key, wanted): &(String, Pattern)| {
            found.get(key).is_some_and(|found| wanted.fits(found))
        };
        fits(&self.image, image.as_deref())
            && fits(&self.name, info.name.as_deref())
            && fits(&self.namespace, info.namespace())
            && (self.runtime.is_none() || self.runtime.as_deref() == info.runtime)
            && self.labels.iter().all(|label| has(&info.labels, label))
            && self.pod_labels.iter().all(|l| has(&info.pod_labels, l))
    }

    /// Does every container that fits `other` fit this one? Only what can be seen from the text.
    fn covers(&self, other: &Self) -> bool {
        let covers = |this: &Option<Pattern>, other: &Option<Pattern>| match (this, other) {
            (None, _) => true,
            (Some(this), Some(other)) => this.covers(other),
            (Some(_), None) => false,
        };
        let within = |these: &[(String, Pattern)], others: &[(String, Pattern)]| {
            let within = |(key, this): &(String, Pattern)| {
                let mut same = others.iter().filter(|(other, _)| other == key);
                same.any(|(_, other)| this.covers(other))
            };
            these.iter().all(within)
        };
        covers(&self.image, &other.image)
            && covers(&self.name, &other.name)
            && covers(&self.namespace, &other.namespace)
            && (self.runtime.is_none() || self.runtime == other.runtime)
            && within(&self.labels, &other.labels)
            && within(&self.pod_labels, &other.pod_labels)
    }

    fn has_no_condition(&self) -> bool {
        let Self {
            image,
            name,
            namespace,
            runtime,
            labels,
            pod_labels,
            profile: _,
            mode: _,
            at: _,
        } = self;
        [image, name, namespace].iter().all(|p| p.is_none())
            && runtime.is_none()
            && labels.is_empty()
            && pod_labels.is_empty()
    }
}

pub(super) fn read(sections: &[Section<'_>], profiles: &Profiles) -> Result<Vec<Assign>, Wrong> {
    let mut all: Vec<Assign> = Vec::new();
    for section in sections {
        let assign = one(section, profiles)?;
        if assign.has_no_condition() {
            return Err(Wrong::new(section.place(), Problem::NoCondition));
        }
        let earlier = all.iter().position(|earlier| earlier.covers(&assign));
        if let Some(first) = earlier.and_then(|at| sections.get(at)) {
            let wrong = Wrong::new(section.place(), Problem::NeverFits);
            return Err(wrong.after(&first.place()));
        }
        all.push(assign);
    }
    Ok(all)
}

fn one(section: &Section<'_>, profiles: &Profiles) -> Result<Assign, Wrong> {
    section.only(KEYS)?;
    let (profile, place) = check::required(section, ("assign", "profile"))?;
    profiles.demand(profile, &place)?;
    let pattern = |key, whole: fn(&str) -> String| match section.string(key)? {
        Some((text, place)) => Pattern::new(text, &whole(text), &place).map(Some),
        None => Ok(None),
    };
    Ok(Assign {
        image: pattern("image", wanted_reference)?,
        name: pattern("name", str::to_owned)?,
        namespace: pattern("namespace", str::to_owned)?,
        runtime: runtime(section)?,
        labels: labels(section, "label")?,
        pod_labels: labels(section, "pod_label")?,
        profile: profile.to_owned(),
        mode: check::mode(section)?,
        at: None,
    })
}

fn labels(section: &Section<'_>, key: &'static str) -> Result<Vec<(String, Pattern)>, Wrong> {
    let Some(table) = section.table(key)? else {
        return Ok(Vec::new());
    };
    let one = |(name, (text, place)): (&str, Placed<'_>)| {
        Pattern::new(text, text, &place).map(|pattern| (name.to_owned(), pattern))
    };
    table.all_strings(key)?.into_iter().map(one).collect()
}

fn runtime(section: &Section<'_>) -> Result<Option<String>, Wrong> {
    let Some((name, place)) = section.string("runtime")? else {
        return Ok(None);
    };
    if !RUNTIMES.contains(&name) {
        return Err(check::value(("runtime", name), place, RUNTIMES));
    }
    for (key, of) in KNOWN_OF {
        if let Some(place) = section.key(key).filter(|_| !of.contains(&name)) {
            let runtime = name.to_owned();
            return Err(Wrong::new(place, Problem::NotKnown { key, runtime }));
        }
    }
    Ok(Some(name.to_owned()))
}
