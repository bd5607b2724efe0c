//! All steps in a row, and what is not wrong but hardly meant.

mod globs;

use std::path::{Path, PathBuf};

use probe_common::rule::rules::HOST_PATH;

use super::{
    Allowed, PRIVILEGED, Policy, PolicyError, Position, Said,
    check::{self, Checked, all},
    error::Wrong,
    files::File,
    profiles::HARMLESS,
    resolve, source,
    source::{Place, Placed, Section, Source},
};

/// A policy and what may be a mistake in it.
#[derive(Debug)]
pub struct Lint {
    pub policy: Policy,
    /// How many it has beside those that are built in.
    pub profiles: usize,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
    pub warnings: Vec<Warning>,
}

/// Something that works, but hardly as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub path: PathBuf,
    pub at: Position,
    pub message: String,
}

/// A warning before its place has line and column.
type Remark = (Place, String);

pub(super) fn lint(files: &[File], root: &Path) -> Result<Lint, PolicyError> {
    steps(files, root).map_err(|wrong| PolicyError::wrong(files, wrong))
}

fn steps(files: &[File], root: &Path) -> Result<Lint, Wrong> {
    let sources = (0..).zip(files).map(|(i, f)| source::read(i, &f.text));
    let sources: Vec<_> = sources.collect::<Result<_, _>>()?;
    let mut checked = check::check(&sources)?;
    let tops: Vec<_> = sources.iter().map(Source::top).collect();
    let profiles = all(&tops, "profile")?;
    let mut remarks = Vec::new();
    for top in &tops {
        remarks.extend(audit(top)?);
        remarks.extend(privileged(top)?);
    }
    for profile in &profiles {
        remarks.extend(unused(profile, &checked, &profiles)?);
        remarks.extend(generous(profile, &checked)?);
    }
    for (assign, section) in checked.assigns.iter_mut().zip(all(&tops, "assign")?) {
        assign.at = Some(Position::of(files, &section.place()));
        remarks.extend(globs::hopeless(&section)?);
        remarks.extend(names_of_bundles(&section)?);
    }
    remarks.sort_by_key(|(place, _)| (place.file, place.span.start));
    let warning = |(place, message)| {
        let (path, at) = Position::of(files, &place);
        Warning { path, at, message }
    };
    let said = said(files, &tops, &checked);
    let policy = resolve::resolve(checked, root)?;
    Ok(Lint {
        policy: Policy {
            file: files.first().map(|file| file.path.clone()),
            said,
            ..policy
        },
        profiles: profiles.len(),
        files: files.iter().map(|file| file.path.clone()).collect(),
        warnings: remarks.into_iter().map(warning).collect(),
    })
}

fn said(files: &[File], tops: &[Section<'_>], checked: &Checked) -> Said {
    let default = tops.iter().find_map(|top| top.key("default"));
    let spot = |(key, place): (&&'static str, &Place)| (*key, Position::of(files, place));
    let profiles = checked.profiles.said();
    Said {
        default: default.map(|place| Position::of(files, &place)),
        profiles: profiles
            .filter(|(_, keys)| !keys.is_empty())
            .map(|(name, keys)| (name.clone(), keys.iter().map(spot).collect()))
            .collect(),
    }
}

/// Their cgroups are called as the caller likes, unless systemd makes them.
fn names_of_bundles(assign: &Section<'_>) -> Result<Option<Remark>, Wrong> {
    let runtime = assign.string("runtime")?.map(|(runtime, _)| runtime);
    let is_plain = runtime.is_some_and(|runtime| ["runc", "crun", "youki"].contains(&runtime));
    let name = assign.string("name")?.filter(|_| is_plain);
    let message = "only those have a name that were started with `--systemd-cgroup`: the others get \
                   what an assign with nothing but `runtime` says";
    Ok(name.map(|(_, place)| (place, message.to_owned())))
}

/// It asks nothing when a container starts.
fn privileged(top: &Section<'_>) -> Result<Option<Remark>, Wrong> {
    let default = top.string("default")?;
    let default = default.filter(|(name, _)| *name == PRIVILEGED);
    let message = "containers that no assign is about are let in with whatever they ask for";
    Ok(default.map(|(_, place)| (place, message.to_owned())))
}

fn audit(top: &Section<'_>) -> Result<Option<Remark>, Wrong> {
    let mode = top.string("mode")?.filter(|(mode, _)| *mode == "audit");
    Ok(mode.map(|(_, place)| (place, "in audit mode nothing is refused".to_owned())))
}

/// A profile that no container can get and no other has anything from. `baseline` is what all others
/// have theirs from.
fn unused(
    profile: &Section<'_>,
    checked: &Checked,
    profiles: &[Section<'_>],
) -> Result<Option<Remark>, Wrong> {
    let Some((name, place)) = profile.string("name")? else {
        return Ok(None);
    };
    for other in profiles {
        if matches!(other.string("extends")?, Some((wanted, _)) if wanted == name) {
            return Ok(None);
        }
    }
    let is_used = name == super::BASELINE
        || checked.default == name
        || checked.assigns.iter().any(|assign| assign.profile == name);
    let message = format!("profile \"{name}\" is not used: nothing assigns or extends it");
    Ok((!is_used).then_some((place, message)))
}

/// Settings that are as good as none.
fn generous(profile: &Section<'_>, checked: &Checked) -> Result<Vec<Remark>, Wrong> {
    let mut found = Vec::new();
    for entry in profile.tables("host_paths")? {
        let is = |text: Option<Placed<'_>>, wanted| text.is_some_and(|(text, _)| text == wanted);
        if is(entry.string("path")?, "/") && is(entry.string("access")?, "rw") {
            let message = "this lets containers write to the whole host";
            found.push((entry.place(), message.to_owned()));
        }
    }
    let allowed = match profile.string("name")? {
        Some((name, _)) => checked.profiles.allowed(name),
        None => Allowed::NOTHING,
    };
    if let Some(place) = profile
        .key("host_paths")
        .filter(|_| allowed.contains(HOST_PATH))
    {
        let message = format!("`{PRIVILEGED}` lets every host path in: these say nothing");
        found.push((place, message));
    }
    for (name, place) in profile.strings("host_namespaces")?.unwrap_or_default() {
        if HARMLESS.contains(&name) {
            let message = format!("every profile lets the host's `{name}` in: this says nothing");
            found.push((place, message));
        }
    }
    let contain = profile.table("contain")?;
    let list = contain
        .map(|contain| contain.strings("allow"))
        .transpose()?;
    for (rule, place) in list.flatten().unwrap_or_default() {
        if rule == "kernel-code" {
            let message = "whoever loads code into the kernel is held by nothing any more";
            found.push((place, message.to_owned()));
        }
    }
    Ok(found)
}
