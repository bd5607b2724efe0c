//! From what was refused to a policy that lets it in, and nothing else: `bulkhead learn`.
//!
//! Denials → findings, one a thing that was missing → drafts, one a set of containers that one
//! `assign` can name → TOML. Only [`host`] looks at the machine.

mod drafts;
mod file;
mod finding;
mod findings;
mod host;
mod known;
mod subject;
mod text;

pub use self::{
    drafts::Proposal,
    host::{Host, OnDisk},
    known::Known,
};

use std::collections::BTreeMap;

use self::{findings::Findings, subject::Who};
use crate::denials::{Denial, Line, Lost};

/// Kinds of containers that are kept apart; names may be random, so there is no end of them.
const KINDS: usize = 4_000;

/// What has been seen so far.
pub struct Learner<'a> {
    known: &'a Known,
    host: &'a dyn Host,
    by: BTreeMap<Who, Findings>,
    lost: BTreeMap<String, u64>,
    /// How many denials were looked at.
    seen: u64,
    /// How many of them were refused and not only reported.
    denied: u64,
    /// Denials of containers beyond [`KINDS`].
    beyond: u64,
}

impl<'a> Learner<'a> {
    pub fn new(known: &'a Known, host: &'a dyn Host) -> Self {
        Self {
            known,
            host,
            by: BTreeMap::new(),
            lost: BTreeMap::new(),
            seen: 0,
            denied: 0,
            beyond: 0,
        }
    }

    pub fn add(&mut self, line: &Line) {
        match line {
            Line::Denial(denial) => self.denial(denial),
            // It did nothing that could be learnt.
            Line::Stopped(_) => {}
            Line::Lost(Lost { cause, count, .. }) => {
                let lost = self.lost.entry(cause.clone()).or_default();
                *lost = lost.saturating_add(*count);
            }
        }
    }

    fn denial(&mut self, denial: &Denial) {
        let times = times(denial);
        self.seen = self.seen.saturating_add(times);
        if denial.verdict == "denied" {
            self.denied = self.denied.saturating_add(times);
        }
        let who = Who::of(&denial.container);
        if self.by.len() >= KINDS && !self.by.contains_key(&who) {
            self.beyond = self.beyond.saturating_add(times);
            return;
        }
        let order = self.seen;
        let findings = self.by.entry(who).or_default();
        findings.last = order;
        findings.container(&denial.container);
        for finding in finding::all(denial, self.host) {
            findings.add(finding, denial);
        }
    }

    /// How many were refused: what a program would have done next was not seen.
    pub fn denied(&self) -> u64 {
        self.denied
    }

    /// The smallest additions with which nothing of it would have been refused.
    pub fn propose(self) -> Proposal {
        drafts::propose(self)
    }
}

/// How often it happened.
fn times(denial: &Denial) -> u64 {
    denial.repeated.unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests;
