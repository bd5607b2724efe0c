//! The numbers by which the probe knows profiles. A label keeps its number, so one that was given
//! out stays what it is as long as the policy can give it.

use std::collections::BTreeMap;

use probe_common::{
    container::{PROFILE_CANARY, PROFILE_DEFAULT},
    limits,
};

use super::{Grant, HostPath, Mode, Policy, Profile};
use crate::containers::Info;

/// A policy, and the number of everything that it can give but the default, which is always the
/// same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbered {
    pub policy: Policy,
    numbers: BTreeMap<Grant, u32>,
}

#[derive(Debug, thiserror::Error)]
#[error("{0} profiles and modes are assigned, {ROOM} fit")]
pub struct TooMany(usize);

/// All but the default's and the canary's.
const ROOM: u32 = limits::PROFILES - 2;

impl Numbered {
    /// The numbers of a new policy: what both can give keeps its number.
    ///
    /// # Errors
    /// If there are more than the probe has room for.
    pub fn follow(&self, policy: Policy) -> Result<Self, TooMany> {
        let grants = policy.grants();
        let all = PROFILE_CANARY + 1..limits::PROFILES;
        let owner = |number: &u32| self.numbers.iter().find(|(_, n)| *n == number);
        // What nobody has had goes first: labels with the old policy's numbers may still be about.
        let (fresh, used): (Vec<u32>, Vec<u32>) = all.partition(|n| owner(n).is_none());
        let left = |n: &u32| owner(n).is_some_and(|(grant, _)| !grants.contains(grant));
        let mut free = fresh.into_iter().chain(used.into_iter().filter(left));
        let mut numbers = BTreeMap::new();
        for grant in &grants {
            let number = self.numbers.get(grant).copied().or_else(|| free.next());
            numbers.insert(grant.clone(), number.ok_or(TooMany(grants.len()))?);
        }
        Ok(Self { policy, numbers })
    }

    /// The number of the profile for a container of which this is known.
    pub fn number(&self, info: &Info) -> u32 {
        let grant = self.policy.grant(info);
        self.numbers.get(&grant).copied().unwrap_or(PROFILE_DEFAULT)
    }

    /// What every number of the probe's says; one that stands for nothing says what the default does.
    pub fn contents(&self) -> Vec<(Mode, &Profile)> {
        let default = self.policy.granted(&self.policy.default_grant());
        let mut all = vec![default; limits::PROFILES as usize];
        for (grant, number) in &self.numbers {
            if let Some(place) = all.get_mut(*number as usize) {
                *place = self.policy.granted(grant);
            }
        }
        all
    }

    /// What one number says.
    pub fn content(&self, number: u32) -> (Mode, &Profile) {
        let found = self.numbers.iter().find(|(_, n)| **n == number);
        match found {
            Some((grant, _)) => self.policy.granted(grant),
            None => self.policy.granted(&self.policy.default_grant()),
        }
    }

    /// Host paths by number.
    pub fn host_paths(&self) -> Vec<(u32, HostPath)> {
        let default = self.policy.default_grant();
        let all = self.numbers.iter().map(|(grant, number)| (grant, *number));
        let of = |(grant, number): (&Grant, u32)| {
            let (_, profile) = self.policy.granted(grant);
            let paths = profile.host_paths.iter().cloned();
            paths.map(|path| (number, path)).collect::<Vec<_>>()
        };
        all.chain([(&default, PROFILE_DEFAULT)])
            .flat_map(of)
            .collect()
    }

    /// The name of a profile by its number.
    pub fn name(&self, number: u32) -> String {
        let found = self.numbers.iter().find(|(_, n)| **n == number);
        match (number, found) {
            (PROFILE_CANARY, _) => "canary".to_owned(),
            (_, Some((grant, _))) => grant.profile.clone(),
            (_, None) => self.policy.default.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::Lookup;

    fn policy(assigns: &[&str]) -> Policy {
        let mut text = String::new();
        for name in assigns {
            text += &format!("[[profile]]\nname = \"{name}\"\n");
            text += &format!("[[assign]]\nname = \"{name}\"\nprofile = \"{name}\"\n");
        }
        super::super::parse(
            &text,
            std::path::Path::new("p.toml"),
            std::path::Path::new("/"),
        )
        .unwrap()
    }

    fn number(numbered: &Numbered, name: &str) -> u32 {
        numbered.number(&Info {
            name: Some(name.to_owned()),
            lookup: Lookup::Resolved,
            ..Info::default()
        })
    }

    #[test]
    fn a_number_stays_what_it_is() {
        let first = Numbered::default().follow(policy(&["a", "b"])).unwrap();
        assert_eq!((number(&first, "a"), number(&first, "b")), (2, 3));
        assert_eq!(number(&first, "else"), PROFILE_DEFAULT);
        let second = first.follow(policy(&["b", "c"])).unwrap();
        assert_eq!((number(&second, "b"), number(&second, "c")), (3, 4));
        assert_eq!(second.name(2), "baseline", "nobody's any more");
        assert_eq!(second.name(4), "c");
    }

    #[test]
    fn there_is_room_for_so_many() {
        let names: Vec<String> = (0..255).map(|i| format!("p{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let full = Numbered::default().follow(policy(&names[..254])).unwrap();
        let again = full.follow(policy(&names[1..])).unwrap();
        assert_eq!(number(&again, "p254"), number(&full, "p0"));
        let error = full.follow(policy(&names)).unwrap_err().to_string();
        assert_eq!(error, "255 profiles and modes are assigned, 254 fit");
    }
}
