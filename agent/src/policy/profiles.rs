//! Profiles: what each says itself, and what it has from the one that it extends.

use std::{collections::BTreeMap, ops::Range, path::PathBuf};

use super::{
    Access, Allowed, BASELINE, HostPath, Profile, allowed,
    check::{known, required, value},
    error::{Problem, Wrong, nearest},
    source::Section,
};

const PROFILE: &[&str] = &["name", "extends", "host_paths", "contain"];
const CONTAIN: &[&str] = &["allow"];
const HOST_PATH: &[&str] = &["path", "access"];
/// Profiles of the Pod Security Standards that this version does not have yet.
const RESERVED: &[&str] = &["privileged", "restricted"];

type Place = Range<usize>;

/// A profile as far as its own section goes.
struct Own<'a> {
    name: (&'a str, Place),
    extends: Option<(&'a str, Place)>,
    host_paths: Vec<(HostPath, Place)>,
    allowed: Option<Allowed>,
}

/// Every profile by name, each path with its place in the text.
#[derive(Debug, Default)]
pub(super) struct Profiles(BTreeMap<String, Whole>);

#[derive(Debug, Clone, Default)]
struct Whole {
    host_paths: Vec<(HostPath, Place)>,
    allowed: Allowed,
}

impl Profiles {
    pub(super) fn read(sections: &[Section<'_>]) -> Result<Self, Wrong> {
        let mut own: Vec<Own<'_>> = Vec::new();
        for section in sections {
            let found = Own::read(section)?;
            let (name, place) = &found.name;
            if own.iter().any(|other| other.name.0 == *name) {
                let problem = Problem::ProfileTwice((*name).to_owned());
                return Err(Wrong::new(place.clone(), problem));
            }
            own.push(found);
        }
        let mut all = Self::default();
        all.0.insert(BASELINE.to_owned(), Whole::default());
        for profile in &own {
            let whole = inherit(&own, profile, &mut Vec::new())?;
            all.0.insert(profile.name.0.to_owned(), whole);
        }
        Ok(all)
    }

    /// Fails if there is no profile of this name.
    pub(super) fn demand(&self, name: &str, place: &Place) -> Result<(), Wrong> {
        if self.0.contains_key(name) {
            return Ok(());
        }
        Err(Wrong::new(
            place.clone(),
            unknown(name, self.0.keys().map(String::as_str)),
        ))
    }

    /// Every path, once for each place in the text.
    pub(super) fn paths(&self) -> impl Iterator<Item = &(HostPath, Place)> {
        self.0.values().flat_map(|whole| &whole.host_paths)
    }

    pub(super) fn into_profiles(self) -> BTreeMap<String, Profile> {
        let profile = |whole: Whole| Profile {
            host_paths: whole.host_paths.into_iter().map(|(path, _)| path).collect(),
            allowed: whole.allowed,
        };
        let all = self.0.into_iter();
        all.map(|(name, whole)| (name, profile(whole))).collect()
    }
}

impl<'a> Own<'a> {
    fn read(section: &Section<'a>) -> Result<Self, Wrong> {
        known(section, PROFILE)?;
        let (name, place) = required(section, ("profile", "name"))?;
        if RESERVED.contains(&name) {
            return Err(Wrong::new(place, Problem::Reserved(name.to_owned())));
        }
        let extends = section.string("extends")?;
        if let (BASELINE, Some((_, place))) = (name, &extends) {
            return Err(Wrong::new(place.clone(), Problem::BaselineExtends));
        }
        let mut host_paths = Vec::new();
        for entry in section.tables("host_paths")? {
            host_path(&entry, &mut host_paths)?;
        }
        let allowed = match section.table("contain")? {
            Some(contain) => {
                contain.only(CONTAIN)?;
                allowed::read(&contain)?
            }
            None => None,
        };
        Ok(Self {
            name: (name, place),
            extends,
            host_paths,
            allowed,
        })
    }
}

/// A profile with what it has from others; `heirs` are those that asked for it.
fn inherit<'a>(
    all: &[Own<'a>],
    profile: &Own<'a>,
    heirs: &mut Vec<&'a str>,
) -> Result<Whole, Wrong> {
    let (name, _) = profile.name;
    heirs.push(name);
    let parent = match &profile.extends {
        None if name == BASELINE => None,
        None => all.iter().find(|other| other.name.0 == BASELINE),
        Some((wanted, place)) => {
            if heirs.contains(wanted) {
                let chain = heirs.iter().chain([wanted]).copied().collect::<Vec<_>>();
                let problem = Problem::Cycle(chain.join(" → "));
                return Err(Wrong::new(place.clone(), problem));
            }
            let found = all.iter().find(|other| other.name.0 == *wanted);
            if found.is_none() && *wanted != BASELINE {
                let names = all.iter().map(|other| other.name.0).chain([BASELINE]);
                return Err(Wrong::new(place.clone(), unknown(wanted, names)));
            }
            found
        }
    };
    let mut whole = match parent {
        Some(parent) => inherit(all, parent, heirs)?,
        None => Whole::default(),
    };
    for (path, place) in &profile.host_paths {
        whole
            .host_paths
            .retain(|(other, _)| other.path != path.path);
        whole.host_paths.push((path.clone(), place.clone()));
    }
    whole.allowed = profile.allowed.unwrap_or(whole.allowed);
    Ok(whole)
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
    Problem::Profile {
        name: name.to_owned(),
        nearest: nearest(name, known).map(str::to_owned),
    }
}

fn host_path(section: &Section<'_>, all: &mut Vec<(HostPath, Place)>) -> Result<(), Wrong> {
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
    if path
        .components()
        .any(|c| c == std::path::Component::ParentDir)
    {
        return Err(problem(Problem::Parent));
    }
    if all.iter().any(|(other, _)| other.path == path) {
        return Err(problem(Problem::PathTwice));
    }
    all.push((HostPath { path, access }, span));
    Ok(())
}
