//! What the policy in force says already: a list of allowed rules replaces the one before.

use std::collections::{BTreeMap, BTreeSet};

use probe_common::{admission::RULES, rule::rules};

use crate::policy::{BASELINE, Policy};

/// Profiles that are there without being written, and the agent's own.
const RESERVED: &[&str] = &[BASELINE, "canary", "privileged", "restricted"];

#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The profile of containers that no `assign` is about; `None` where the policy is not known.
    pub default: Option<String>,
    /// The rules of containment that each profile allows.
    pub allowed: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Known {
    pub fn of(policy: &Policy) -> Self {
        let allowed = policy.profiles.iter().map(|(name, profile)| {
            let off = containment().filter(|(rule, _)| profile.allowed.contains(*rule));
            (name.clone(), off.map(|(_, name)| name).collect())
        });
        Self {
            default: Some(policy.default.clone()),
            allowed: allowed.collect(),
        }
    }

    /// The rules that a profile allows.
    pub fn allows(&self, profile: &str) -> Option<&BTreeSet<&'static str>> {
        self.allowed.get(profile)
    }

    /// May a new profile be called so?
    pub fn is_free(&self, name: &str) -> bool {
        !RESERVED.contains(&name) && !self.allowed.contains_key(name)
    }
}

/// The rule of containment of this name.
pub fn rule(name: &str) -> Option<&'static str> {
    let found = containment().find(|(_, known)| *known == name);
    found.map(|(_, name)| name)
}

fn containment() -> impl Iterator<Item = (u32, &'static str)> {
    let all = rules::ALL.iter().copied();
    all.filter(|(rule, _)| !RULES.contains(rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_allows_what_it_does() {
        let known = Known::of(&Policy::default());
        let allowed = known.allows(BASELINE).unwrap();
        assert_eq!(Vec::from_iter(allowed), [&"user-namespace"]);
        assert!(known.allows("web").is_none() && known.is_free("web"));
        assert!(!known.is_free(BASELINE));
    }

    #[test]
    fn only_rules_of_containment_are_allowed_by_name() {
        assert_eq!(rule("mount"), Some("mount"));
        for other in ["host-path", "capabilities", "lost", ""] {
            assert_eq!(rule(other), None, "{other}");
        }
    }
}
