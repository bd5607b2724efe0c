//! Rules of containment that a profile switches off.

use std::collections::BTreeSet;

use probe_common::{
    container::bit,
    rule::rules::{self, BLOCK_DEVICE, HOST_PATH, USER_NAMESPACE},
};

use super::{
    error::{Problem, Wrong, nearest},
    source::Section,
};

/// The rules of a profile that do not hold, as the probe's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed(u32);

impl Allowed {
    /// Every rule holds.
    pub const NOTHING: Self = Self(0);

    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether this rule does not hold.
    pub fn contains(self, rule: u32) -> bool {
        self.0 & bit(rule) != 0
    }
}

/// What a profile allows that says nothing about it: Docker's own default, too.
impl Default for Allowed {
    fn default() -> Self {
        Self(bit(USER_NAMESPACE))
    }
}

/// The rules that can be switched off, with their numbers: those about a container that runs.
fn known() -> impl Iterator<Item = (u32, &'static str)> {
    let all = rules::ALL.iter().copied();
    all.filter(|(rule, _)| ![HOST_PATH, BLOCK_DEVICE].contains(rule))
}

/// The names of rules that can be switched off.
pub(super) fn names() -> Vec<&'static str> {
    known().map(|(_, name)| name).collect()
}

/// Reads `allow` of a `contain` table.
pub(super) fn read(contain: &Section<'_>) -> Result<Option<Allowed>, Wrong> {
    let Some(list) = contain.strings("allow")? else {
        return Ok(None);
    };
    let mut seen = BTreeSet::new();
    let mut bits = 0;
    for (name, span) in list {
        let problem = |problem| Wrong::new(span.clone(), problem);
        let Some((rule, _)) = known().find(|(_, known)| *known == name) else {
            return Err(problem(unknown(name)));
        };
        if !seen.insert(rule) {
            return Err(problem(Problem::RuleTwice(name.to_owned())));
        }
        bits |= bit(rule);
    }
    Ok(Some(Allowed(bits)))
}

fn unknown(name: &str) -> Problem {
    if rules::ALL.iter().any(|(_, known)| *known == name) {
        return Problem::RuleOfAdmission(name.to_owned());
    }
    Problem::Rule {
        name: name.to_owned(),
        nearest: nearest(name, names()),
    }
}
