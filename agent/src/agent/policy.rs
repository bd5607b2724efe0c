//! Putting a policy in force: one at a time, read where it may block.

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Instant};

use anyhow::Context;

use super::{Agent, Kernel};
use crate::{
    anchors::Table,
    containers::Key,
    denials::decode,
    events::Event,
    exit,
    policy::{Content, Numbered, Policy, PolicyError},
    probe::ProbeError,
    socket::{Applied, Reply, Try},
    status::Change,
};

/// Reads the policy again; called where it may block.
pub type Reload = Arc<dyn Fn(&Origin) -> Result<Policy, PolicyError> + Send + Sync>;

/// A policy and its anchors, ready to be put in force.
pub type Read = anyhow::Result<Box<(Numbered, Table)>>;

/// Where a policy's text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In its file.
    Disk,
    /// Here, instead of in that file; the path is for messages.
    Text { path: PathBuf, text: String },
}

/// One policy to be put in force.
pub(super) struct Job {
    pub(super) wanted: Wanted,
    /// Nobody waits for what a signal or the clock has asked for.
    pub(super) reply: Option<Reply<Applied>>,
}

pub(super) enum Wanted {
    Reload,
    Trial(Try),
    /// What is in force for so many seconds, but nothing is refused.
    Audit(u64),
    /// What was in force before the trial.
    Before,
}

/// Policies that are to be put in force, one after the other.
#[derive(Default)]
pub(super) struct Jobs {
    running: Option<Job>,
    waiting: VecDeque<Job>,
}

impl<K: Kernel> Agent<K> {
    /// Reads the policy again.
    pub(super) fn reload(&mut self, reply: Option<Reply<Applied>>) {
        let is_reload = |job: &Job| matches!(job.wanted, Wanted::Reload);
        if reply.is_none() && self.jobs.waiting.iter().any(is_reload) {
            return;
        }
        let wanted = Wanted::Reload;
        self.enqueue(Job { wanted, reply });
    }

    pub(super) fn enqueue(&mut self, job: Job) {
        self.jobs.waiting.push_back(job);
        self.next_job();
    }

    /// Whether somebody has asked for what was in force before the trial already.
    pub(super) fn goes_back(&self) -> bool {
        let mut jobs = self.jobs.waiting.iter().chain(&self.jobs.running);
        jobs.any(|job| matches!(job.wanted, Wanted::Before))
    }

    fn next_job(&mut self) {
        if self.jobs.running.is_some() {
            return;
        }
        let Some(job) = self.jobs.waiting.pop_front() else {
            return;
        };
        let read = match &job.wanted {
            Wanted::Reload => self.reading(Origin::Disk),
            Wanted::Trial(Try { path, text, .. }) => self.reading(Origin::Text {
                path: path.clone(),
                text: text.clone(),
            }),
            Wanted::Audit(_) => self.going_back(self.policy.policy.clone().audited()),
            Wanted::Before => match self.before_trial() {
                Ok(policy) => self.going_back(policy),
                Err(none) => Box::new(|| Err(none)),
            },
        };
        self.jobs.running = Some(job);
        self.short.spawn_blocking(move || Event::Reloaded(read()));
    }

    /// What has to be read of a policy that was not in force.
    fn reading(&self, origin: Origin) -> Box<dyn FnOnce() -> Read + Send> {
        let (current, root) = (self.policy.clone(), self.root.clone());
        let reload = self.reload.clone();
        Box::new(move || {
            let policy = current.follow(reload(&origin)?)?;
            let table = Table::resolve(&policy.host_paths(), &root)?;
            Ok(Box::new((policy, table)))
        })
    }

    /// The same of one that was or is, with those of its host paths that are still there.
    fn going_back(&self, policy: Policy) -> Box<dyn FnOnce() -> Read + Send> {
        let (current, root) = (self.policy.clone(), self.root.clone());
        Box::new(move || {
            let policy = current.follow(policy)?;
            let table = Table::refresh(&policy.host_paths(), &root)?;
            Ok(Box::new((policy, table)))
        })
    }

    /// Whatever is wrong with a new policy, the one in force stays.
    pub(super) fn put_in_force(&mut self, read: Read, now: Instant) {
        let Some(Job { wanted, reply }) = self.jobs.running.take() else {
            return;
        };
        let before = self.policy.policy.clone();
        let put = read.and_then(|new| self.replace(*new));
        let put = put.map_err(|e| e.context("the policy in force stays"));
        match &put {
            Ok(_) => {
                self.counters.policy_loads += 1;
                self.tell_trial(&wanted, before, now);
                self.examine(now);
            }
            Err(e) => {
                self.counters.policy_failures += 1;
                self.tell_failure(&wanted, e);
            }
        }
        if let Some(reply) = reply {
            // Who asked may be gone by now; that is their affair.
            drop(reply.send(put.map(|change| self.applied(change, now)).into()));
        }
        self.next_job();
    }

    fn tell_failure(&mut self, wanted: &Wanted, error: &anyhow::Error) {
        let is_news = match wanted {
            Wanted::Before => self.trial_stays(error),
            Wanted::Reload | Wanted::Trial(_) | Wanted::Audit(_) => true,
        };
        if is_news {
            exit::report(error);
        }
    }

    /// What somebody is told whose policy was put in force.
    pub(super) fn applied(&self, change: Change, now: Instant) -> Applied {
        let file = self.policy.policy.file.as_ref();
        Applied {
            summary: self.summary(),
            policy: file.map(|file| file.display().to_string()),
            home: self.home.display().to_string(),
            change,
            trial: self.on_trial(now),
        }
    }

    /// First what the new numbers say, beside the old; then who has which; then what is left of the
    /// old is taken away.
    fn replace(&mut self, (policy, table): (Numbered, Table)) -> anyhow::Result<Change> {
        let mut change = Change::between(&self.policy.policy, &policy.policy);
        if policy != self.policy {
            policy.remember(&self.run_dir)?;
            self.put_anchors(self.anchors.and(&table))?;
            self.set_profiles(&policy.given())?;
            let old = std::mem::replace(&mut self.policy, policy);
            let assigned = self.assign_all(&old).context("assigning profiles");
            let contents = self.policy.clone();
            let done = assigned.and_then(|others| {
                self.set_profiles(&contents.contents())?;
                Ok(others)
            });
            // What failed half-way is done again by the next that is read.
            change.containers = done.inspect_err(|_| self.policy = old)?;
            // The profiles of runtimes have other numbers even where no anchor is new.
            self.set_anchors(table)?;
        } else {
            self.put_anchors(table)?;
        }
        self.policy_version += 1;
        Ok(change)
    }

    fn set_profiles(&mut self, contents: &[Content<'_>]) -> anyhow::Result<()> {
        let set = self.kernel.set_profiles(contents);
        set.context("giving the profiles to the probe")
    }

    /// How many containers have another profile than they had.
    fn assign_all(&mut self, old: &Numbered) -> Result<u64, ProbeError> {
        let (containers, policy) = (&mut self.containers, &self.policy);
        let now = Instant::now();
        let mut others = 0;
        self.kernel.assign(&mut |cgroup, id| {
            let id = decode::container_id(id);
            let info = containers.find(Key::of(cgroup, &id), now);
            others += u64::from(old.policy.grant(&info) != policy.policy.grant(&info));
            policy.number(&info)
        })?;
        Ok(others)
    }
}
