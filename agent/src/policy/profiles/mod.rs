//! Profiles: what each says itself, and what it has from the one that it extends.

mod built_in;
mod own;
mod paths;
mod words;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use self::own::Own;
pub use self::own::setting;
#[cfg(test)]
pub(super) use self::words::{host_namespaces, kernel_filesystems};
pub(super) use self::{built_in::HARMLESS, own::KEYS};
use super::{
    Allowed, BASELINE, Device, HostPath, PRIVILEGED, Profile, RESTRICTED,
    error::{Problem, Wrong, nearest},
    source::{Place, Section},
    words::Words,
};

/// Every profile by name, each path with its place in the text.
#[derive(Debug)]
pub(super) struct Profiles(BTreeMap<String, Whole>);

/// A profile with all that it has from others.
#[derive(Debug, Clone)]
struct Whole {
    host_paths: Vec<(HostPath, Place)>,
    devices: Vec<(PathBuf, Place)>,
    allowed: Allowed,
    capabilities: u64,
    namespaces: u32,
    filesystems: u32,
    /// Where each key is that it has.
    said: BTreeMap<&'static str, Place>,
}

impl Profiles {
    pub(super) fn read(sections: &[Section<'_>]) -> Result<Self, Wrong> {
        let mut own: Vec<Own<'_>> = Vec::new();
        for section in sections {
            let found = Own::read(section)?;
            let (name, place) = &found.name;
            if let Some(first) = own.iter().find(|other| other.name.0 == *name) {
                let wrong = Wrong::new(place.clone(), Problem::twice("profile", name));
                return Err(wrong.after(&first.name.1));
            }
            own.push(found);
        }
        let mut all = BTreeMap::new();
        let written = own.iter().map(|profile| profile.name.0);
        for name in written.chain(built_in::NAMES.iter().copied()) {
            all.insert(name.to_owned(), inherit(&own, name, &mut Vec::new())?);
        }
        Ok(Self(all))
    }

    /// Those that are there without any text.
    pub(super) fn built_in() -> BTreeMap<String, Profile> {
        let bare = |whole: Whole| whole.into_profile(Vec::new());
        let baseline = built_in::baseline;
        BTreeMap::from([
            (BASELINE.to_owned(), bare(baseline())),
            (
                RESTRICTED.to_owned(),
                bare(built_in::restricted(baseline())),
            ),
            (
                PRIVILEGED.to_owned(),
                bare(built_in::privileged(baseline())),
            ),
        ])
    }

    /// Fails if there is no profile of this name.
    pub(super) fn demand(&self, name: &str, place: &Place) -> Result<(), Wrong> {
        if self.0.contains_key(name) {
            return Ok(());
        }
        let known = self.0.keys().map(String::as_str);
        Err(Wrong::new(place.clone(), unknown(name, known)))
    }

    /// What a profile does not ask.
    pub(super) fn allowed(&self, name: &str) -> Allowed {
        let profile = self.0.get(name);
        profile.map(|whole| whole.allowed).unwrap_or_default()
    }

    /// Where the keys are that each profile has.
    pub(super) fn said(&self) -> impl Iterator<Item = (&String, &BTreeMap<&'static str, Place>)> {
        self.0.iter().map(|(name, whole)| (name, &whole.said))
    }

    /// Every path, once for each profile that has it.
    pub(super) fn paths(&self) -> impl Iterator<Item = &(HostPath, Place)> {
        self.0.values().flat_map(|whole| &whole.host_paths)
    }

    /// The profiles, each device as `look` finds it.
    pub(super) fn into_profiles(
        self,
        look: impl Fn(&Path, &Place) -> Result<Device, Wrong>,
    ) -> Result<BTreeMap<String, Profile>, Wrong> {
        let profile = |(name, whole): (String, Whole)| {
            let devices = whole.devices.iter();
            let devices: Result<_, _> = devices.map(|(path, place)| look(path, place)).collect();
            devices.map(|devices| (name, whole.into_profile(devices)))
        };
        self.0.into_iter().map(profile).collect()
    }
}

impl Whole {
    fn into_profile(self, devices: Vec<Device>) -> Profile {
        let host_paths = self.host_paths.into_iter();
        Profile {
            host_paths: host_paths.map(|(path, _)| path).collect(),
            devices,
            allowed: self.allowed,
            capabilities: self.capabilities,
            namespaces: self.namespaces,
            filesystems: self.filesystems,
        }
    }
}

/// A profile with what it has from others; `heirs` are those that asked for it.
fn inherit<'a>(own: &[Own<'a>], name: &'a str, heirs: &mut Vec<&'a str>) -> Result<Whole, Wrong> {
    heirs.push(name);
    let profile = own.iter().find(|profile| profile.name.0 == name);
    let extends = profile.and_then(|profile| profile.extends.as_ref());
    if let Some((wanted, place)) = extends {
        may_inherit(own, wanted, (heirs, place))?;
    }
    let parent = extends.map_or(BASELINE, |(wanted, _)| wanted);
    let whole = match name {
        BASELINE => built_in::baseline(),
        RESTRICTED => built_in::restricted(inherit(own, BASELINE, heirs)?),
        PRIVILEGED => built_in::privileged(inherit(own, BASELINE, heirs)?),
        _ => inherit(own, parent, heirs)?,
    };
    Ok(match profile {
        Some(profile) => profile.over(whole),
        None => whole,
    })
}

fn may_inherit(
    own: &[Own<'_>],
    wanted: &str,
    (heirs, place): (&[&str], &Place),
) -> Result<(), Wrong> {
    let problem = |problem| Err(Wrong::new(place.clone(), problem));
    if heirs.contains(&wanted) {
        let chain = heirs.iter().chain([&wanted]).copied().collect::<Vec<_>>();
        return problem(Problem::Cycle(chain.join(" → ")));
    }
    let written = own.iter().map(|profile| profile.name.0);
    let mut names = written.chain(built_in::NAMES.iter().copied());
    if names.clone().all(|name| name != wanted) {
        return problem(unknown(wanted, &mut names));
    }
    Ok(())
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
    Problem::Profile {
        name: name.to_owned(),
        nearest: nearest(name, known).map(str::to_owned),
    }
}
