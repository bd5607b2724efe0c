//! Findings → profiles and whom they are for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Known, Learner,
    finding::Setting,
    findings::Findings,
    subject::{Subject, Who},
};
use crate::policy::BASELINE;

/// Profiles in one proposal; the probe has room for a few more.
const DRAFTS: usize = 200;

/// A policy file, as far as it could be learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub drafts: Vec<Draft>,
    /// Containers that no `assign` can name.
    pub nobody: Findings,
    /// Denials that were looked at.
    pub seen: u64,
    /// Denials that happened and did not come here, by cause.
    pub lost: BTreeMap<String, u64>,
    /// Denials of more kinds of containers than are kept apart.
    pub beyond: u64,
}

/// A profile and the containers that it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub name: String,
    pub subject: Subject,
    /// The profile that they had.
    pub extends: String,
    /// They had it by an `assign`, which may come before the one that is proposed.
    pub was_assigned: bool,
    /// Rules that `extends` allows already: a list replaces the one before.
    pub allowed: BTreeSet<&'static str>,
    /// `extends` is no profile of the policy that was read, so `allowed` is a guess.
    pub is_guess: bool,
    pub findings: Findings,
}

impl Draft {
    /// Nothing that a policy could say?
    pub fn is_empty(&self) -> bool {
        self.findings.settings.is_empty()
    }

    /// The rules to allow, with those that are allowed already; empty where none comes on top.
    pub fn allow(&self) -> BTreeSet<&'static str> {
        let seen = self.findings.settings.keys().filter_map(|s| match s {
            Setting::Allow(rule) => Some(*rule),
            _ => None,
        });
        let seen: BTreeSet<_> = seen.collect();
        if seen.is_empty() {
            return seen;
        }
        seen.union(&self.allowed).copied().collect()
    }
}

pub(super) fn propose(learner: Learner<'_>) -> Proposal {
    let ambiguous = ambiguous(learner.by.keys());
    let mut by: BTreeMap<(u8, Subject), (String, Findings)> = BTreeMap::new();
    for (who, found) in learner.by {
        let subject = Subject::of(&who, ambiguous.contains(&who.image));
        let (profile, findings) = by.entry((subject.rank(), subject)).or_default();
        // The policy may have been read again meanwhile: the last word is what they have now.
        if found.last >= findings.last {
            *profile = who.profile;
        }
        findings.merge(found);
    }
    let mut names: BTreeSet<String> = by.values().map(|(profile, _)| profile.clone()).collect();
    let mut proposal = Proposal {
        drafts: Vec::new(),
        nobody: Findings::default(),
        seen: learner.seen,
        lost: learner.lost,
        beyond: learner.beyond,
    };
    for ((_, subject), (profile, findings)) in by {
        if subject.is_nobody() {
            proposal.nobody.merge(findings);
        } else if proposal.drafts.len() == DRAFTS {
            proposal.beyond = proposal.beyond.saturating_add(counted(&findings));
        } else {
            let name = name(&subject, learner.known, &mut names);
            let draft = draft((name, subject), (profile, findings), learner.known);
            proposal.drafts.push(draft);
        }
    }
    proposal
}

fn draft(
    (name, subject): (String, Subject),
    (extends, findings): (String, Findings),
    known: &Known,
) -> Draft {
    let allowed = known.allows(&extends).cloned();
    Draft {
        name,
        subject,
        was_assigned: known.default.as_ref().is_some_and(|d| *d != extends),
        is_guess: allowed.is_none(),
        allowed: allowed
            .or_else(|| known.allows(BASELINE).cloned())
            .unwrap_or_default(),
        extends,
        findings,
    }
}

/// Images whose containers had different profiles, so that something else tells them apart.
fn ambiguous<'a>(all: impl Iterator<Item = &'a Who>) -> BTreeSet<Option<String>> {
    let mut profiles: BTreeMap<&Option<String>, BTreeSet<&str>> = BTreeMap::new();
    for who in all {
        profiles.entry(&who.image).or_default().insert(&who.profile);
    }
    let several = profiles.into_iter().filter(|(_, all)| all.len() > 1);
    several.map(|(image, _)| image.clone()).collect()
}

/// A name that no other profile has.
fn name(subject: &Subject, known: &Known, taken: &mut BTreeSet<String>) -> String {
    let stem = subject.stem();
    let numbered = (2u32..).map(|n| format!("{stem}-{n}"));
    let mut candidates = std::iter::once(stem.clone()).chain(numbered);
    let free = candidates.find(|name| known.is_free(name) && !taken.contains(name));
    let name = free.unwrap_or(stem);
    taken.insert(name.clone());
    name
}

/// How many sightings these are.
fn counted(findings: &Findings) -> u64 {
    let settings = findings.settings.values().map(|seen| seen.count);
    let rest = findings.rest.values().map(|seen| seen.count);
    settings
        .chain(rest)
        .fold(findings.uncounted, u64::saturating_add)
}
