//! The whole answer, as data.

use serde::Serialize;

use super::{
    Asked, Host,
    decide::{Refusal, Rulebook, decide},
};
use crate::{
    containers::Info,
    policy::{Mode, Policy, Profile},
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
    /// Devices of the host that it gets a node of. Admission does not ask about them.
    pub devices: Vec<String>,
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
    let refusals = refusals((&grant.profile, &profile), &asked, host);
    Answer {
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
        chosen: chosen(policy, &asked.info),
        profile: grant.profile,
        refusals,
        devices: asked.devices,
        assumptions: asked.assumptions,
    }
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

fn chosen(policy: &Policy, info: &Info) -> Chosen {
    let assign = policy.assigned(info);
    let at = assign.and_then(|(_, assign)| assign.at.as_ref());
    let file = at.map(|(file, _)| file).or(policy.file.as_ref());
    Chosen {
        assign: assign.map(|(number, _)| number),
        file: file.map(|file| file.display().to_string()),
        line: at.map(|(_, position)| position.line),
    }
}
