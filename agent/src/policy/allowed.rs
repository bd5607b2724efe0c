//! Rules that a profile switches off.

use probe_common::{
    admission::RULES,
    container::bit,
    rule::rules::{self, NO_NEW_PRIVS, ROOT_USER, SECCOMP, USER_NAMESPACE},
};

use serde::{Deserialize, Serialize};

use super::{
    error::{Problem, Wrong},
    source::{Placed, Section},
    words::Words,
};

/// Rules that do not hold, of admission and of containment, as the probe's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Allowed(u32);

impl Allowed {
    /// Every rule holds.
    pub const NOTHING: Self = Self(0);
    /// What the built-in profile `baseline` does not ask.
    pub const BASELINE: Self =
        Self(bit(SECCOMP) | bit(NO_NEW_PRIVS) | bit(ROOT_USER) | bit(USER_NAMESPACE));

    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether this rule does not hold.
    pub fn contains(self, rule: u32) -> bool {
        self.0 & bit(rule) != 0
    }

    /// The same of a rule by its name.
    pub fn contains_named(self, name: &str) -> bool {
        let rule = rules::ALL.iter().find(|(_, known)| *known == name);
        rule.is_some_and(|(rule, _)| self.contains(*rule))
    }

    /// The rules of containment that do not hold, as `contain.allow` lists them.
    pub fn containment(self) -> Vec<&'static str> {
        let off = containable().filter(|(rule, _)| self.contains(*rule));
        off.map(|(_, name)| name).collect()
    }

    /// With this rule off, or holding.
    #[must_use]
    pub(super) fn with(self, rule: u32, is_off: bool) -> Self {
        if is_off {
            Self(self.0 | bit(rule))
        } else {
            Self(self.0 & !bit(rule))
        }
    }

    /// With the rules of containment as they are there.
    #[must_use]
    pub(super) fn contained(self, containment: Self) -> Self {
        let of_containment = containable().fold(0, |all, (rule, _)| all | bit(rule));
        Self(self.0 & !of_containment | containment.0 & of_containment)
    }

    /// With every rule of admission off.
    #[must_use]
    pub(super) fn admitted(self) -> Self {
        RULES.iter().fold(self, |all, rule| all.with(*rule, true))
    }
}

/// The rules of containment, with their numbers.
fn containable() -> impl Iterator<Item = (u32, &'static str)> {
    let all = rules::ALL.iter().copied();
    all.filter(|(rule, _)| !RULES.contains(rule))
}

/// Reads `allow` of a `contain` table.
pub(super) fn read(contain: &Section<'_>) -> Result<Option<Allowed>, Wrong> {
    let list = contain.strings("allow")?;
    list.map(|list| containment("contain.allow", &list))
        .transpose()
}

/// Reads the rules whose missing hooks are no reason not to start.
pub(super) fn missing(top: &Section<'_>) -> Result<Allowed, Wrong> {
    let list = top.strings("allow_missing")?;
    containment("allow_missing", &list.unwrap_or_default())
}

fn containment(key: &'static str, list: &[Placed<'_>]) -> Result<Allowed, Wrong> {
    let of_admission = |name: &str| rules::ALL.iter().any(|(_, known)| *known == name);
    let words = Words {
        what: "rule",
        key,
        known: containable()
            .map(|(rule, name)| (u64::from(bit(rule)), name.to_owned()))
            .collect(),
    };
    let bits = words.bits(list).map_err(|wrong| match *wrong.problem {
        Problem::Word { word, .. } if of_admission(&word) => {
            Wrong::new(wrong.place, Problem::RuleOfAdmission(word))
        }
        problem => Wrong::new(wrong.place, problem),
    })?;
    // Every word is the bit of a rule, of which there are at most 32.
    Ok(Allowed(u32::try_from(bits).unwrap_or(u32::MAX)))
}

/// The names of rules that can be switched off.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    containable().map(|(_, name)| name).collect()
}
