//! The whole answer, as data.

use std::{fs, os::unix::fs::FileTypeExt as _, path::Path};

use probe_common::rule::rules;
use serde::Serialize;

use super::{
    Asked, Host, advice,
    decide::{Refusal, Rulebook, decide, is_granted},
};
use crate::{
    containers::Info,
    policy::{BASELINE, Mode, Policy, Profile, Spot, setting},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Admitted,
    Refused,
    /// It would run, and what is wrong with it be reported.
    Audited,
}

/// Why it is this profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// Which `[[assign]]` of the policy, from 1; none for the default.
    pub assign: Option<usize>,
    /// The policy's file; none for the built-in one.
    pub file: Option<String>,
    /// Where in it.
    pub line: Option<usize>,
}

/// Something that `baseline` would not let in without the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Granted {
    pub rule: String,
    pub asked: String,
    pub at: String,
    /// The key of the profile that lets it in, and its line; none where the profile is built in.
    pub key: &'static str,
    pub said: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Which container of the input, where it has several.
    pub container: Option<String>,
    pub name: Option<String>,
    pub image: Option<String>,
    pub runtime: Option<&'static str>,
    pub verdict: Verdict,
    pub profile: String,
    pub mode: Mode,
    pub chosen: Chosen,
    pub refusals: Vec<Refusal>,
    pub granted: Vec<Granted>,
    /// Devices of the host that it gets a node of. Admission does not ask about them.
    pub devices: Vec<String>,
    /// Of these the disks that it cannot open all the same.
    pub devices_refused: Vec<String>,
    /// Rules of containment that do not hold for it.
    pub not_contained: Vec<&'static str>,
    /// How to write what it needs for it alone, where it has the default profile.
    pub own_profile: Option<String>,
    pub assumptions: Vec<String>,
}

/// What this policy says to it.
pub fn answer(policy: &Policy, asked: Asked, host: &Host) -> Answer {
    let grant = policy.grant(&asked.info);
    let profile = policy
        .profiles
        .get(&grant.profile)
        .cloned()
        .unwrap_or_default();
    let mut refusals = refusals((&grant.profile, &profile), &asked, host);
    let said = |key: &str| policy.said.of(&grant.profile, key).map(line);
    for refusal in &mut refusals {
        refusal.said = setting(&refusal.rule).and_then(said);
    }
    Answer {
        granted: granted(&refusals, (&asked, host), |one| {
            let key = advice::let_in_by(one, profile.filesystems);
            (key, said(key))
        }),
        verdict: match (refusals.is_empty(), grant.mode) {
            (true, _) => Verdict::Admitted,
            (false, Mode::Enforce) => Verdict::Refused,
            (false, Mode::Audit) => Verdict::Audited,
        },
        container: asked.title,
        name: asked.info.name.clone(),
        image: asked.info.image.clone(),
        runtime: asked.info.runtime,
        mode: grant.mode,
        own_profile: (refusals.iter().any(|refusal| refusal.is_setting)
            && policy.assigned(&asked.info).is_none())
        .then(|| own_profile(&grant.profile, &asked.info)),
        chosen: chosen(policy, &asked.info),
        devices_refused: closed(&profile, &asked.devices, host),
        not_contained: profile.allowed.containment(),
        profile: grant.profile,
        refusals,
        devices: asked.devices,
        assumptions: asked.assumptions,
    }
}

/// What the built-in `baseline` refuses and this profile does not.
fn granted(
    refusals: &[Refusal],
    (asked, host): (&Asked, &Host),
    by: impl Fn(&Refusal) -> (&'static str, Option<String>),
) -> Vec<Granted> {
    let built_in = Policy::default();
    let plain = self::refusals((BASELINE, built_in.default_profile()), asked, host);
    let all = plain.into_iter().filter_map(|one| {
        let asked = let_in(&one, refusals)?;
        let (key, said) = by(&one);
        Some(Granted {
            key,
            said,
            rule: one.rule,
            asked,
            at: one.at,
        })
    });
    all.collect()
}

/// What is left of it without these. A list of capabilities may be let in partly.
fn let_in(one: &Refusal, refusals: &[Refusal]) -> Option<String> {
    let same = |other: &&Refusal| (&other.rule, &other.at) == (&one.rule, &one.at);
    let refused = refusals.iter().filter(same).map(|other| &*other.asked);
    if one.rule != "capabilities" {
        return (!refused.clone().any(|asked| asked == one.asked)).then(|| one.asked.clone());
    }
    let refused: Vec<_> = refused.flat_map(|asked| asked.split(", ")).collect();
    let mut names: Vec<_> = one.asked.split(", ").collect();
    names.retain(|name| !refused.contains(name));
    (!names.is_empty()).then(|| names.join(", "))
}

fn line((file, at): &Spot) -> String {
    format!("{}:{}", file.display(), at.line)
}

/// What a profile does not let in.
pub fn refusals((name, profile): (&str, &Profile), asked: &Asked, host: &Host) -> Vec<Refusal> {
    let says = profile.admission();
    let book = Rulebook {
        name,
        profile: &says,
        host_paths: &profile.host_paths,
        devices: &profile.devices,
    };
    decide(book, asked, host)
}

/// Disks that rule `device` does not let a container open.
fn closed(profile: &Profile, devices: &[String], host: &Host) -> Vec<String> {
    let is_closed = |device: &&String| {
        let path = host.resolve(Path::new(device));
        let node = fs::metadata(host.path(&path));
        node.is_ok_and(|node| node.file_type().is_block_device())
            && !is_granted(&profile.devices, &path, host)
    };
    let holds = !profile.allowed.contains(rules::DEVICE);
    let closed = devices.iter().filter(|device| holds && is_closed(device));
    closed.cloned().collect()
}

/// What is written for the default profile is for every container that has it.
fn own_profile(default: &str, info: &Info) -> String {
    let extends = if default == BASELINE {
        String::new()
    } else {
        format!(", extends = {default:?}")
    };
    let condition = match (&info.image, &info.name) {
        (Some(image), _) => format!("image = {image:?}"),
        (None, Some(name)) => format!("name = {name:?}"),
        _ => "name = \"…\"".to_owned(),
    };
    format!(
        "[[profile]] with name = \"…\"{extends} and what it needs, and [[assign]] with {condition} \
         and profile = \"…\""
    )
}

fn chosen(policy: &Policy, info: &Info) -> Chosen {
    let assign = policy.assigned(info);
    let at = match assign {
        Some((_, assign)) => assign.at.as_ref(),
        None => policy.said.default.as_ref(),
    };
    let file = at.map(|(file, _)| file).or(policy.file.as_ref());
    Chosen {
        assign: assign.map(|(number, _)| number),
        file: file.map(|file| file.display().to_string()),
        line: at.map(|(_, position)| position.line),
    }
}
