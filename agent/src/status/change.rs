//! What is different about a policy that was put in force.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::{Mode, Policy, Profile};

/// Profiles by their names, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// From and to.
    pub mode: Option<(Mode, Mode)>,
    /// From and to.
    pub default: Option<(String, String)>,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<String>,
    /// Who gets which profile is written in another way.
    pub assigns: bool,
    /// Containers that have another profile or mode now.
    pub containers: u64,
}

impl Change {
    /// What the texts say. How many containers it is about, only the kernel knows.
    pub fn between(old: &Policy, new: &Policy) -> Self {
        let changed = |name: &String, profile: &Profile| {
            old.profiles.get(name).is_some_and(|was| was != profile)
        };
        let all = new.profiles.iter();
        let changed = all.filter(|(name, profile)| changed(name, profile));
        Self {
            mode: differ(old.mode, new.mode),
            default: differ(old.default.clone(), new.default.clone()),
            added: missing(&new.profiles, &old.profiles),
            removed: missing(&old.profiles, &new.profiles),
            changed: changed.map(|(name, _)| name.clone()).collect(),
            assigns: old.assigns != new.assigns,
            containers: 0,
        }
    }

    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

fn differ<T: PartialEq>(old: T, new: T) -> Option<(T, T)> {
    (old != new).then_some((old, new))
}

/// The names of `some` that are not in `others`.
fn missing(some: &BTreeMap<String, Profile>, others: &BTreeMap<String, Profile>) -> Vec<String> {
    let names = some.keys().filter(|name| !others.contains_key(*name));
    names.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Allowed;

    #[test]
    fn the_same_is_no_change() {
        let policy = Policy::default();
        assert!(Change::between(&policy, &policy.clone()).is_nothing());
    }

    #[test]
    fn profiles_come_go_and_change() {
        let old = Policy::default();
        let mut new = Policy::default().audited();
        let baseline = new.profiles.get_mut("baseline").unwrap();
        baseline.allowed = Allowed::NOTHING;
        new.profiles.insert("ci".to_owned(), Profile::default());
        new.default = "ci".to_owned();
        let there = Change::between(&old, &new);
        assert_eq!(there.mode, Some((Mode::Enforce, Mode::Audit)));
        assert_eq!(there.default, Some(("baseline".into(), "ci".into())));
        assert_eq!(there.added, ["ci"]);
        assert_eq!(there.changed, ["baseline"]);
        assert!(there.removed.is_empty() && !there.is_nothing());
        assert_eq!(Change::between(&new, &old).removed, ["ci"]);
    }
}
