//! A phase of the suite: with which agent, and with which containers that stay.

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    agent::{Agent, write_innocent_policy, write_policy, write_policy_with},
    bundle,
    crowd::Crowd,
    docker,
    host::{ANCHORED, Host},
    outcome::Outcome,
    record::{Expected, Record},
    resident::Resident,
};

/// Of the agent of a phase.
pub const POLICY: &str = "/tmp/scenarios.toml";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// No agent: every attack succeeds.
    Off,
    Enforce,
    /// Enforcing what a machine has that nobody wrote a policy for.
    Innocence,
    Audit,
    /// Each scenario brings its own policy, for one agent.
    Policy,
    /// No agent of the suite's: scenarios that start their own.
    Alone,
}

impl Phase {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Enforce => "enforce",
            Self::Innocence => "innocence",
            Self::Audit => "audit",
            Self::Policy => "policy",
            Self::Alone => "alone",
        }
    }
}

pub struct Stage {
    pub phase: Phase,
    pub agent: Option<Agent>,
    /// An actor in a container that was started in this phase.
    pub resident: Option<Resident>,
    /// An actor in a container that ran before the agent was started.
    pub early: Option<Resident>,
    /// An actor in a container that was started with descriptors of the host's open.
    leaky: Option<Resident>,
    /// Attacks by mounts, where nothing is refused.
    pub crowd: Crowd,
    tags: usize,
    done: HashSet<&'static str>,
}

impl Stage {
    /// Starts what this phase needs.
    ///
    /// # Errors
    /// If the agent or a container does not start.
    pub fn begin(phase: Phase, crowd: Crowd) -> Result<Self> {
        let mut stage = Self {
            phase,
            agent: None,
            resident: None,
            early: None,
            leaky: None,
            crowd,
            tags: 0,
            done: HashSet::new(),
        };
        if matches!(phase, Phase::Policy | Phase::Alone) {
            stage.agent = start_agent(phase)?;
            return Ok(stage);
        }
        let sharing = ["--network=host", "--uts=host"];
        let early = docker::privileged_actor(&stage.named("early"), &sharing);
        stage.early = Some(Resident::start(early)?);
        if phase == Phase::Innocence {
            stage.start_resident()?;
        }
        stage.agent = start_agent(phase)?;
        if phase != Phase::Innocence {
            stage.start_resident()?;
        }
        Ok(stage)
    }

    fn start_resident(&mut self) -> Result<()> {
        let records = || self.agent.as_ref().map(Agent::printed).unwrap_or_default();
        let resident = Resident::privileged(&self.named("resident"));
        self.resident = Some(resident.with_context(|| format!("records: {}", records()))?);
        Ok(())
    }

    /// Takes everything down again.
    ///
    /// # Errors
    /// If the agent does not end well, or Docker does not remove the containers.
    pub fn end(self) -> Result<()> {
        let Self {
            phase,
            agent,
            resident,
            early,
            leaky,
            ..
        } = self;
        drop((resident, early, leaky));
        agent.map_or(Ok(()), Agent::stop)?;
        docker::remove(&format!("{}-", phase.name()))
    }

    /// The name of a container in this phase.
    #[must_use]
    pub fn named(&self, name: &str) -> String {
        format!("{}-{name}", self.phase.name())
    }

    /// A process name that no other act has, by which its denial is recognised.
    pub fn tag(&mut self, name: &str) -> String {
        self.tags += 1;
        format!("{:02}-{name}", self.tags)
            .chars()
            .take(15)
            .collect()
    }

    /// Does what several trials of a phase need, once.
    ///
    /// # Errors
    /// If it fails; it is then tried again by the next.
    pub fn once(&mut self, name: &'static str, act: impl FnOnce() -> Result<()>) -> Result<()> {
        if !self.done.contains(name) {
            act()?;
            self.done.insert(name);
        }
        Ok(())
    }

    /// The agent.
    ///
    /// # Errors
    /// In a phase without one.
    pub fn agent(&self) -> Result<&Agent> {
        self.agent.as_ref().context("no agent in this phase")
    }

    /// The agent, with this policy from now on.
    ///
    /// # Errors
    /// If there is none, or it does not take the policy.
    pub fn ruled_by(&self, policy: &str) -> Result<&Agent> {
        let agent = self.agent()?;
        fs::write(POLICY, policy)?;
        agent.reload("policy read again")?;
        Ok(agent)
    }

    /// The actor in a container of this phase.
    ///
    /// # Errors
    /// In a phase without one.
    pub fn resident(&mut self) -> Result<&mut Resident> {
        self.resident
            .as_mut()
            .context("no resident actor in this phase")
    }

    /// The actor in a container that ran before the agent did.
    ///
    /// # Errors
    /// In a phase without one.
    pub fn early(&mut self) -> Result<&mut Resident> {
        self.early.as_mut().context("no early actor in this phase")
    }

    /// The actor in a container with leaks, which is started for the first that asks.
    ///
    /// # Errors
    /// If it does not start.
    pub fn leaky(&mut self, host: &Host) -> Result<&mut Resident> {
        let resident = match self.leaky.take() {
            Some(resident) => resident,
            None => bundle::leaky_actor(&host.actor, &self.named("leaky"))?,
        };
        Ok(self.leaky.insert(resident))
    }

    /// Acts while the policy has one more line; without an agent there is no policy.
    ///
    /// # Errors
    /// If the agent does not take the policy, or the act fails.
    pub fn under<T>(&mut self, line: &str, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let read = |stage: &Self, line| -> Result<()> {
            let Some(agent) = &stage.agent else {
                return Ok(());
            };
            write_policy_with(Path::new(POLICY), "enforce", ANCHORED, line)?;
            agent.reload("policy read again")
        };
        read(self, line)?;
        let done = act(self);
        read(self, "")?;
        done
    }

    /// What processes and containers an argument names, with their pids put in.
    #[must_use]
    pub fn expand(&self, host: &Host, text: &str) -> String {
        let victim = || host.fact("victim").map(str::to_owned).unwrap_or_default();
        let agent = self
            .agent
            .as_ref()
            .map_or_else(victim, |agent| agent.pid().to_string());
        host.expand(text).replace("{agent}", &agent)
    }

    /// Everything that was refused since `from`, when all of it has arrived.
    ///
    /// The ring keeps the order, so a denial provoked now comes after everything before.
    ///
    /// # Errors
    /// If there is no agent, or its records do not come.
    pub fn denials_since(&mut self, from: usize) -> Result<Vec<Record>> {
        let tag = self.tag("marker");
        let marker: Outcome = self.resident()?.perform(&["as", &tag, "umount", "/t8"])?;
        let rules = ["mount"];
        let expected = Expected {
            verdict: "denied",
            rules: &rules,
            comm: Some(&tag),
            ..Expected::default()
        };
        let found = self.agent()?.denial(from, &expected);
        let (place, _) = found.with_context(|| format!("the marker answered {marker:?}"))?;
        self.agent()?.records(from, place)
    }
}

fn start_agent(phase: Phase) -> Result<Option<Agent>> {
    let file = Path::new(POLICY);
    let policy = ["--policy", POLICY];
    match phase {
        Phase::Off | Phase::Alone => Ok(None),
        Phase::Policy => {
            fs::write(file, "")?;
            Agent::start(&policy).map(Some)
        }
        Phase::Enforce => {
            write_policy(file, "enforce", ANCHORED)?;
            Agent::start(&policy).map(Some)
        }
        Phase::Innocence => {
            write_innocent_policy(file)?;
            Agent::start(&policy).map(Some)
        }
        Phase::Audit => {
            write_policy(file, "enforce", ANCHORED)?;
            Agent::start(&[&policy[..], &["--audit"]].concat()).map(Some)
        }
    }
}
