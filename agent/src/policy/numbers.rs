//! The numbers by which the probe knows profiles. A number stands for one content: a profile that
//! changes gets another, and containers go from the old to the new one at once. So nothing is ever
//! let in that neither policy lets in.

mod remembered;

use std::collections::{BTreeMap, BTreeSet};

use probe_common::{
    container::{PROFILE_CANARY, PROFILE_DEFAULT},
    limits,
};
use serde::{Deserialize, Serialize};

use super::{Grant, HostPath, Mode, Policy, Profile, RUNTIMES};
use crate::containers::{Info, Lookup};

/// A policy, and the number of everything that it can give. [`PROFILE_DEFAULT`] is what a container
/// has of which nothing is known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbered {
    pub policy: Policy,
    given: Vec<Given>,
    /// The profile that each number was given to last.
    names: BTreeMap<u32, String>,
    /// What runtimes have had. Containers of which nothing else is known keep it, so these numbers
    /// never say anything else.
    lasting: Vec<Given>,
    /// What an earlier agent gave and did not write down: nobody knows who has it.
    unknown: BTreeSet<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    grant: Grant,
    profile: Profile,
    number: u32,
}

/// What a number says.
pub type Content<'a> = (u32, Mode, &'a Profile);

#[derive(Debug, thiserror::Error)]
#[error("{wanted} profiles and modes are assigned, {room} fit{}", remedy(*room))]
pub struct TooMany {
    wanted: usize,
    room: usize,
}

fn remedy(room: usize) -> String {
    if room == ROOM as usize {
        return String::new();
    }
    format!(" beside those that running containers keep: after a restart of the agent {ROOM} fit")
}

/// All but the default's and the canary's.
const ROOM: u32 = limits::PROFILES - 2;

impl Numbered {
    /// The numbers of a new policy: what both can give keeps its number.
    ///
    /// # Errors
    /// If there are more than the probe has room for.
    pub fn follow(&self, policy: Policy) -> Result<Self, TooMany> {
        let grants = policy.grants();
        let known = |grant: &Grant, profile: &Profile| {
            let same = |given: &&Given| given.grant == *grant && given.profile == *profile;
            let mut all = self.given.iter().chain(&self.lasting);
            all.find(same).map(|given| given.number)
        };
        let wanted: Vec<_> = grants
            .iter()
            .map(|grant| (grant, policy.granted(grant).1))
            .map(|(grant, profile)| (grant, profile, known(grant, profile)))
            .collect();
        let mut taken: BTreeSet<u32> = wanted.iter().filter_map(|(.., number)| *number).collect();
        let kept = taken.len();
        taken.extend(self.lasting.iter().map(|given| given.number));
        taken.extend(&self.unknown);
        let room = ROOM as usize - (taken.len() - kept);
        let mut free = self.free(&taken);
        let mut given = Vec::new();
        for (grant, profile, number) in wanted {
            let number = number.or_else(|| free.next());
            given.push(Given {
                grant: grant.clone(),
                profile: profile.clone(),
                number: number.ok_or(TooMany {
                    wanted: grants.len(),
                    room,
                })?,
            });
        }
        let mut names = self.names.clone();
        names.extend(given.iter().map(|g| (g.number, g.grant.profile.clone())));
        let mut new = Self {
            policy,
            given,
            names,
            lasting: self.lasting.clone(),
            unknown: self.unknown.clone(),
        };
        new.remember_runtimes();
        Ok(new)
    }

    fn remember_runtimes(&mut self) {
        for runtime in RUNTIMES {
            let number = self.number_of_runtime(runtime);
            let given = self.given.iter().find(|given| given.number == number);
            let is_new = !self.lasting.iter().any(|given| given.number == number);
            self.lasting.extend(given.filter(|_| is_new).cloned());
        }
    }

    /// All other numbers. What nobody has had goes first, and what this policy gives last: containers
    /// have it until they are assigned another.
    fn free(&self, taken: &BTreeSet<u32>) -> impl Iterator<Item = u32> + use<> {
        let now: BTreeSet<u32> = self.given.iter().map(|given| given.number).collect();
        let all = PROFILE_CANARY + 1..limits::PROFILES;
        let mut free: Vec<u32> = all.filter(|n| !taken.contains(n)).collect();
        free.sort_by_key(|n| (now.contains(n), self.names.contains_key(n), *n));
        free.into_iter()
    }

    /// The number of the profile for a container of which this is known.
    pub fn number(&self, info: &Info) -> u32 {
        if info.lookup != Lookup::Resolved {
            return PROFILE_DEFAULT;
        }
        let grant = self.policy.grant(info);
        let given = self.given.iter().find(|given| given.grant == grant);
        given.map_or(PROFILE_DEFAULT, |given| given.number)
    }

    /// The number for containers of a runtime of which nothing else can be known.
    pub fn number_of_runtime(&self, runtime: &'static str) -> u32 {
        self.number(&Info {
            runtime: Some(runtime),
            lookup: Lookup::Resolved,
            ..Info::default()
        })
    }

    /// What the numbers say that containers are assigned.
    pub fn given(&self) -> Vec<Content<'_>> {
        let all = self.given.iter();
        all.map(|given| (given.number, given.grant.mode, &given.profile))
            .collect()
    }

    /// The same, and what the others have.
    pub fn contents(&self) -> Vec<Content<'_>> {
        let (mode, profile) = self.policy.granted(&self.policy.default_grant());
        let mut all = self.given();
        all.push((PROFILE_DEFAULT, mode, profile));
        all
    }

    /// The same, and what containers may have kept of an earlier policy.
    pub fn all_contents(&self) -> Vec<Content<'_>> {
        let is_old = |old: &&Given| self.given.iter().all(|given| given.number != old.number);
        let old = self.lasting.iter().filter(is_old);
        let mut all = self.contents();
        all.extend(old.map(|given| (given.number, given.grant.mode, &given.profile)));
        all
    }

    /// What one number says.
    pub fn content(&self, number: u32) -> (Mode, &Profile) {
        let found = self.given.iter().find(|given| given.number == number);
        match found {
            Some(given) => (given.grant.mode, &given.profile),
            None => self.policy.granted(&self.policy.default_grant()),
        }
    }

    /// Whether a container of which this is known gets what it would get without it.
    pub fn is_default(&self, info: &Info) -> bool {
        self.policy.grant(info) == self.policy.default_grant()
    }

    /// Host paths by number.
    pub fn host_paths(&self) -> Vec<(u32, HostPath)> {
        let all = self.contents();
        let of = |(number, _, profile): &Content<'_>| {
            let paths = profile.host_paths.iter().cloned();
            paths.map(|path| (*number, path)).collect::<Vec<_>>()
        };
        all.iter().flat_map(of).collect()
    }

    /// The name of a profile by its number.
    pub fn name(&self, number: u32) -> String {
        match number {
            PROFILE_CANARY => "canary".to_owned(),
            PROFILE_DEFAULT => self.policy.default.clone(),
            _ => {
                let name = self.names.get(&number);
                name.unwrap_or(&self.policy.default).clone()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities;

    fn policy(text: &str) -> Policy {
        let path = std::path::Path::new("p.toml");
        super::super::parse(text, path, std::path::Path::new("/")).unwrap()
    }

    pub(super) fn assigns(names: &[&str]) -> Policy {
        let mut text = String::new();
        for name in names {
            text += &format!("[[profile]]\nname = \"{name}\"\n");
            text += &format!("[[assign]]\nname = \"{name}\"\nprofile = \"{name}\"\n");
        }
        policy(&text)
    }

    pub(super) fn number(numbered: &Numbered, name: &str) -> u32 {
        numbered.number(&Info {
            name: Some(name.to_owned()),
            lookup: Lookup::Resolved,
            ..Info::default()
        })
    }

    #[test]
    fn a_number_stays_what_it_is() {
        let first = Numbered::default().follow(assigns(&["a", "b"])).unwrap();
        assert_eq!((number(&first, "a"), number(&first, "b")), (2, 3));
        assert_eq!(number(&first, "else"), 4);
        assert_eq!(first.number(&Info::default()), PROFILE_DEFAULT);
        let second = first.follow(assigns(&["b", "c"])).unwrap();
        assert_eq!((number(&second, "b"), number(&second, "c")), (3, 5));
        assert_eq!(number(&second, "else"), 4);
        assert_eq!(second.name(2), "a", "some task may still have it");
        assert_eq!(second.name(5), "c");
    }

    #[test]
    fn another_content_is_another_number() {
        let text = |more: &str| policy(&format!("[[profile]]\nname = \"baseline\"\n{more}"));
        let first = Numbered::default().follow(text("")).unwrap();
        let second = first.follow(text("seccomp = \"required\"")).unwrap();
        let third = second.follow(text("")).unwrap();
        let numbers = [&first, &second, &third].map(|numbered| number(numbered, "x"));
        assert_eq!(numbers, [2, 3, 2], "what runtimes have had is still there");
        assert_eq!(
            second.follow(text("seccomp = \"required\"")).unwrap(),
            second
        );
        let audited = second.follow(policy("mode = \"audit\"")).unwrap();
        assert_eq!(number(&audited, "x"), 4);
        let (_, mode, _) = *audited.contents().last().unwrap();
        assert_eq!(mode, Mode::Audit);
    }

    /// Whoever has it is assigned nothing later.
    #[test]
    fn what_a_runtime_has_had_never_says_anything_else() {
        let own = |number: u32| {
            let capabilities: Vec<_> = capabilities::names(u64::from(number) << 19);
            policy(&format!(
                "[[profile]]\nname = \"own\"\ncapabilities.add = {capabilities:?}\n\
                 [[assign]]\nruntime = \"runc\"\nprofile = \"own\"\n"
            ))
        };
        let mut had = BTreeSet::new();
        let mut now = Numbered::default();
        let full = loop {
            match now.follow(own(had.len() as u32)) {
                Ok(next) => now = next,
                Err(full) => break full.to_string(),
            }
            let number = now.number_of_runtime("runc");
            assert!(had.insert(number), "{number} is given again");
        };
        assert_eq!(had.len(), ROOM as usize - 1);
        let before = now.follow(own(0)).unwrap();
        assert_eq!(before.number_of_runtime("runc"), 3, "as at first");
        assert_eq!(
            full,
            "2 profiles and modes are assigned, 1 fit beside those that running containers keep: \
             after a restart of the agent 254 fit"
        );
    }

    #[test]
    fn there_is_room_for_so_many() {
        let names: Vec<String> = (0..254).map(|i| format!("p{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let full = Numbered::default().follow(assigns(&names[..253])).unwrap();
        let again = full.follow(assigns(&names[1..])).unwrap();
        assert_eq!(number(&again, "p253"), number(&full, "p0"));
        let error = full.follow(assigns(&names)).unwrap_err().to_string();
        assert_eq!(error, "255 profiles and modes are assigned, 254 fit");
    }
}
