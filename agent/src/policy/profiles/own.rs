//! A profile as far as its own section goes.

use std::path::PathBuf;

use probe_common::rule::rules::{self, NO_NEW_PRIVS, PROC_MOUNT, ROOT_USER, SECCOMP};

use super::{Whole, built_in, paths, words};
use crate::policy::{
    Allowed, BASELINE, HostPath, allowed,
    capabilities::{self, Change},
    check::{required, value},
    error::{Problem, Wrong},
    source::{Place, Placed, Section},
};

/// The keys of a profile.
pub(in crate::policy) const KEYS: &[&str] = &[
    "name",
    "extends",
    "host_paths",
    "devices",
    "capabilities",
    "host_namespaces",
    "kernel_filesystems",
    "proc_mount",
    "seccomp",
    "no_new_privs",
    "user",
    "contain",
];
const CONTAIN: &[&str] = &["allow"];

/// The key of a profile that says what a rule of admission asks.
pub fn setting(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "host-path" => "host_paths",
        "block-device" => "devices",
        "capabilities" => "capabilities",
        "host-namespace" => "host_namespaces",
        "kernel-filesystem" => "kernel_filesystems",
        "proc-mount" => "proc_mount",
        "seccomp" => "seccomp",
        "no-new-privs" => "no_new_privs",
        "root-user" => "user",
        _ => return None,
    })
}

/// A setting of two words: the first asks for something, the second does not.
type Switch = (&'static str, u32, &'static [&'static str; 2]);

const SWITCHES: &[Switch] = &[
    ("proc_mount", PROC_MOUNT, &["default", "unmasked"]),
    ("seccomp", SECCOMP, &["required", "any"]),
    ("no_new_privs", NO_NEW_PRIVS, &["required", "any"]),
    ("user", ROOT_USER, &["non-root", "any"]),
];

pub(super) struct Own<'a> {
    pub(super) name: Placed<'a>,
    pub(super) extends: Option<Placed<'a>>,
    host_paths: Vec<(HostPath, Place)>,
    devices: Vec<(PathBuf, Place)>,
    capabilities: Option<Change>,
    namespaces: u32,
    filesystems: u32,
    /// Rules of admission, and whether they are off.
    switches: Vec<(u32, bool)>,
    containment: Option<Allowed>,
    said: Vec<(&'static str, Place)>,
}

impl<'a> Own<'a> {
    pub(super) fn read(section: &Section<'a>) -> Result<Self, Wrong> {
        section.only(KEYS)?;
        let name = required(section, ("profile", "name"))?;
        let extends = section.string("extends")?;
        if let Some((_, place)) = &extends {
            may_extend(name.0, place)?;
        }
        let contain = section.table("contain")?;
        if let Some(contain) = &contain {
            contain.only(CONTAIN)?;
        }
        let capabilities = section.table("capabilities")?;
        Ok(Self {
            name,
            extends,
            host_paths: paths::host_paths(section)?,
            devices: paths::devices(section)?,
            capabilities: capabilities
                .map(|section| capabilities::read(&section))
                .transpose()?,
            namespaces: bits(section, &words::host_namespaces())?,
            filesystems: bits(section, &words::kernel_filesystems())?,
            switches: switches(section)?,
            containment: match contain {
                Some(contain) => allowed::read(&contain)?,
                None => None,
            },
            said: KEYS
                .iter()
                .filter_map(|key| Some((*key, section.key(key)?)))
                .collect(),
        })
    }

    /// What is said here, over what it has from another.
    pub(super) fn over(&self, mut whole: Whole) -> Whole {
        for (path, place) in &self.host_paths {
            whole.host_paths.retain(|(old, _)| old.path != path.path);
            whole.host_paths.push((path.clone(), place.clone()));
        }
        for (path, place) in &self.devices {
            whole.devices.retain(|(old, _)| old != path);
            whole.devices.push((path.clone(), place.clone()));
        }
        let change = |change: Change| change.of(whole.capabilities);
        whole.capabilities = self.capabilities.map_or(whole.capabilities, change);
        whole.namespaces |= self.namespaces;
        whole.filesystems |= self.filesystems;
        let any = whole.capabilities == capabilities::ALL;
        whole.allowed = whole.allowed.with(rules::CAPABILITIES, any);
        for (rule, is_off) in &self.switches {
            whole.allowed = whole.allowed.with(*rule, *is_off);
        }
        if let Some(containment) = self.containment {
            whole.allowed = whole.allowed.contained(containment);
        }
        whole.said.extend(self.said.iter().cloned());
        whole
    }
}

fn may_extend(name: &str, place: &Place) -> Result<(), Wrong> {
    if !built_in::NAMES.contains(&name) {
        return Ok(());
    }
    let problem = match name {
        BASELINE => Problem::BaselineExtends,
        _ => Problem::BuiltInExtends(name.to_owned()),
    };
    Err(Wrong::new(place.clone(), problem))
}

fn bits(section: &Section<'_>, words: &super::Words) -> Result<u32, Wrong> {
    let list = section.strings(words.key)?.unwrap_or_default();
    // Neither namespaces nor kernel filesystems are more than a handful.
    Ok(u32::try_from(words.bits(&list)?).unwrap_or(u32::MAX))
}

fn switches(section: &Section<'_>) -> Result<Vec<(u32, bool)>, Wrong> {
    let mut all = Vec::new();
    for (key, rule, known) in SWITCHES {
        let Some((word, place)) = section.string(key)? else {
            continue;
        };
        let Some(at) = known.iter().position(|known| *known == word) else {
            return Err(value((key, word), place, *known));
        };
        all.push((*rule, at == 1));
    }
    Ok(all)
}
