//! A policy on trial: taken back by the agent's own clock unless somebody confirms it.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};

use super::{
    Agent, Kernel,
    policy::{Job, Wanted},
};
use crate::{
    denials::clock,
    policy::Policy,
    socket::{Applied, OnTrial, Reply, Try},
    status::Change,
};

/// What is on trial where nothing but the mode is different.
const AUDITED: &str = "audit mode";

/// No trial is longer.
pub const LONGEST: Duration = Duration::from_hours(24);

pub(super) struct Trial {
    /// What was in force.
    before: Policy,
    policy: String,
    until: Instant,
    /// Why it could not be taken back when its time was over.
    failure: Option<String>,
}

impl<K: Kernel> Agent<K> {
    /// Puts a policy on trial. One that is on trial already gives way to it.
    pub(super) fn try_policy(&mut self, trial: Try, reply: Reply<Applied>) {
        let (wanted, reply) = (Wanted::Trial(trial), Some(reply));
        self.enqueue(Job { wanted, reply });
    }

    /// Refuses nothing for a while, unless something is on trial: who tries that wants it back.
    pub(super) fn audit_for(&mut self, seconds: u64, reply: Reply<Applied>) {
        if let Some(trial) = &self.trial {
            let policy = &trial.policy;
            let busy =
                anyhow!("{policy} is on trial: `bulkhead try --confirm` or `--cancel` first");
            return drop(reply.send(Err(busy).into()));
        }
        let (wanted, reply) = (Wanted::Audit(seconds), Some(reply));
        self.enqueue(Job { wanted, reply });
    }

    /// What is on trial stays.
    pub(super) fn confirm(&mut self, reply: Reply<Applied>, now: Instant) {
        let confirmed = match self.trial.take() {
            None => Err(none()),
            Some(trial) if trial.until <= now || self.goes_back() => {
                self.trial = Some(trial);
                Err(anyhow!("the trial is over"))
            }
            Some(trial) => {
                eprintln!("bulkhead: {} was confirmed", trial.policy);
                self.examine(now);
                Ok(self.applied(Change::default(), now))
            }
        };
        drop(reply.send(confirmed.into()));
    }

    /// What was in force before the trial comes back now.
    pub(super) fn cancel(&mut self, reply: Reply<Applied>) {
        let (wanted, reply) = (Wanted::Before, Some(reply));
        self.enqueue(Job { wanted, reply });
    }

    /// Takes the policy on trial back when its time is over, and tries again until it is.
    pub(super) fn end_trial(&mut self, now: Instant) {
        let is_over = self.trial.as_ref().is_some_and(|trial| trial.until <= now);
        if is_over && !self.goes_back() {
            let (wanted, reply) = (Wanted::Before, None);
            self.enqueue(Job { wanted, reply });
        }
    }

    pub(super) fn before_trial(&self) -> anyhow::Result<Policy> {
        let trial = self.trial.as_ref().ok_or_else(none)?;
        Ok(trial.before.clone())
    }

    /// A policy from there was put in force, where `before` had been.
    pub(super) fn tell_trial(&mut self, wanted: &Wanted, before: Policy, now: Instant) {
        let was = self.trial.take();
        let begin = |policy: String, seconds| {
            eprintln!("bulkhead: {policy} is on trial: {}", self.summary());
            Some(Trial {
                before: was.as_ref().map_or(before, |trial| trial.before.clone()),
                policy,
                until: now + Duration::from_secs(seconds).min(LONGEST),
                failure: None,
            })
        };
        match (wanted, &was) {
            (Wanted::Trial(trial), _) => {
                self.trial = begin(trial.path.display().to_string(), trial.seconds);
            }
            (Wanted::Audit(seconds), _) => self.trial = begin(AUDITED.to_owned(), *seconds),
            (Wanted::Before, Some(trial)) => {
                let summary = self.summary();
                eprintln!("bulkhead: {} was taken back: {summary}", trial.policy);
            }
            (Wanted::Before | Wanted::Reload, _) => {
                eprintln!("bulkhead: policy read again: {}", self.summary());
            }
        }
    }

    /// What was in force before cannot be put back yet. Whether that was not said before.
    pub(super) fn trial_stays(&mut self, error: &anyhow::Error) -> bool {
        let failure = format!("{error:#}");
        match &mut self.trial {
            Some(trial) if trial.failure.as_ref() != Some(&failure) => {
                trial.failure = Some(failure);
                true
            }
            _ => false,
        }
    }

    /// What there is to say about it.
    pub(super) fn on_trial(&self, now: Instant) -> Option<OnTrial> {
        let trial = self.trial.as_ref()?;
        let left = trial.until.saturating_duration_since(now);
        let span = SignedDuration::try_from(left).unwrap_or_default();
        let until = Timestamp::now().checked_add(span);
        Some(OnTrial {
            policy: trial.policy.clone(),
            until: clock::format(until.unwrap_or(Timestamp::MAX)),
            seconds_left: left.as_secs(),
            failure: trial.failure.clone(),
        })
    }
}

fn none() -> anyhow::Error {
    anyhow!("no policy is on trial")
}
