//! An attack as data, and the one check that every attack goes through in every phase.

use std::{panic::Location, sync::Arc};

use anyhow::{Result, bail, ensure};
use nix::errno::Errno;

use crate::{
    docker::{ATTACKER, docker},
    host::{Host, SECRET},
    outcome::Outcome,
    record::Expected,
    stage::{Phase, Stage},
};

pub type Custom = Arc<dyn Fn(&Host, &mut Stage) -> Result<Outcome> + Send + Sync>;

/// Who does it, and how.
#[derive(Clone)]
pub enum Way {
    /// A resident actor in a privileged container.
    Actor(Vec<&'static str>),
    /// The same, in a container that ran before the agent did.
    EarlyActor(Vec<&'static str>),
    /// `docker run` with these options; the script prints the secret.
    DockerRun(Vec<&'static str>, &'static str),
    /// `docker exec` of the actor with these options into the resident's container.
    DockerExec(Vec<&'static str>, Vec<&'static str>),
    Custom(Custom),
}

/// Facts in braces (`{disk}`, `{victim}`, …) are put in when it is done.
#[derive(Clone)]
pub struct Attack {
    pub name: &'static str,
    pub way: Way,
    rules: Vec<&'static str>,
    hook: Option<&'static str>,
    host_path: Option<&'static str>,
    evidence: Option<&'static str>,
    prepare: Option<fn(&Host) -> Result<()>>,
    since: (u32, u32),
    at: &'static Location<'static>,
}

impl Attack {
    #[track_caller]
    #[must_use]
    pub fn new(name: &'static str, rule: &'static str, way: Way) -> Self {
        let at = Location::caller();
        let evidence = matches!(way, Way::DockerRun(..)).then_some(SECRET);
        Self {
            name,
            way,
            rules: vec![rule],
            hook: None,
            host_path: None,
            evidence,
            prepare: None,
            since: (0, 0),
            at,
        }
    }

    #[track_caller]
    #[must_use]
    pub fn actor(name: &'static str, rule: &'static str, argv: &[&'static str]) -> Self {
        Self::new(name, rule, Way::Actor(argv.to_vec()))
    }

    #[track_caller]
    #[must_use]
    pub fn docker(name: &'static str, options: &[&'static str], script: &'static str) -> Self {
        Self::new(name, "host-path", Way::DockerRun(options.to_vec(), script))
    }

    /// Done by a function; the host path, where given, tells its denial from others.
    #[track_caller]
    #[must_use]
    pub fn custom<F>(name: &'static str, rule: &'static str, act: F) -> Self
    where
        F: Fn(&Host, &mut Stage) -> Result<Outcome> + Send + Sync + 'static,
    {
        Self::new(name, rule, Way::Custom(Arc::new(act)))
    }

    /// Another rule may refuse it as well.
    #[must_use]
    pub fn or(mut self, rule: &'static str) -> Self {
        self.rules.push(rule);
        self
    }

    /// It is this rule and no other.
    #[must_use]
    pub fn by_rule(mut self, rule: &'static str) -> Self {
        self.rules = vec![rule];
        self
    }

    /// The hook that has to refuse it.
    #[must_use]
    pub fn hook(mut self, hook: &'static str) -> Self {
        self.hook = Some(hook);
        self
    }

    /// The host path that the denial has to name.
    #[must_use]
    pub fn host_path(mut self, path: &'static str) -> Self {
        self.host_path = Some(path);
        self
    }

    /// Success is to have the secret.
    #[must_use]
    pub fn reveals(mut self) -> Self {
        self.evidence = Some(SECRET);
        self
    }

    /// What has to be there before; done once a phase.
    #[must_use]
    pub fn after(mut self, prepare: fn(&Host) -> Result<()>) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// The first kernel that has the call.
    #[must_use]
    pub fn since(mut self, major: u32, minor: u32) -> Self {
        self.since = (major, minor);
        self
    }

    #[must_use]
    pub fn is_possible_on(&self, kernel: (u32, u32)) -> bool {
        kernel >= self.since
    }

    #[must_use]
    pub fn hook_expected(&self) -> Option<&'static str> {
        self.hook
    }

    /// Attacks, and judges what came of it by the phase.
    ///
    /// # Errors
    /// If the phase promised something else; with the line that declared the attack.
    pub fn check(&self, host: &Host, stage: &mut Stage) -> Result<()> {
        let judged = self.attack_and_judge(host, stage);
        judged.map_err(|error| error.context(format!("attack declared at {}", self.at)))
    }

    fn attack_and_judge(&self, host: &Host, stage: &mut Stage) -> Result<()> {
        if let Some(prepare) = self.prepare {
            prepare(host)?;
        }
        let since = stage.agent.as_ref().map_or(0, |agent| agent.now());
        let tag = stage.tag(self.name);
        let outcome = self.launch(host, stage, &tag)?;
        match stage.phase {
            Phase::Off => self.expect_success(&outcome),
            Phase::Audit => {
                self.expect_success(&outcome)?;
                self.expect_record(stage, since, &tag, "audited")
            }
            Phase::Enforce => {
                self.expect_refusal(&outcome)?;
                self.expect_record(stage, since, &tag, "denied")
            }
            Phase::Alone => bail!("an attack needs a phase"),
        }
    }

    fn launch(&self, host: &Host, stage: &mut Stage, tag: &str) -> Result<Outcome> {
        let put = |stage: &Stage, words: &[&str]| -> Vec<String> {
            words.iter().map(|word| stage.expand(host, word)).collect()
        };
        match &self.way {
            Way::Actor(argv) => {
                let argv = put(stage, &[&["as", tag], &argv[..]].concat());
                stage.resident()?.perform(&argv)
            }
            Way::EarlyActor(argv) => {
                let argv = put(stage, &[&["as", tag], &argv[..]].concat());
                stage.early()?.perform(&argv)
            }
            Way::DockerRun(options, script) => {
                let name = stage.named(self.name);
                let run = ["run", "--name", &name, "--network", "none"];
                let command = [ATTACKER, "sh", "-c", script];
                let argv = put(stage, &[&run[..], options, &command].concat());
                docker(&argv.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Way::DockerExec(options, argv) => {
                let name = stage.named("resident");
                let container = [&name, "/actor", "as", tag];
                let argv = put(stage, &[&["exec"], &options[..], &container, argv].concat());
                docker(&argv.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Way::Custom(act) => act(host, stage),
        }
    }

    fn expect_success(&self, outcome: &Outcome) -> Result<()> {
        ensure!(
            outcome.worked(self.evidence),
            "did not succeed: {outcome:?}"
        );
        Ok(())
    }

    fn expect_refusal(&self, outcome: &Outcome) -> Result<()> {
        ensure!(outcome.status != 0, "SUCCEEDED: {outcome:?}");
        let leaked = self
            .evidence
            .is_some_and(|evidence| outcome.output.contains(evidence));
        ensure!(!leaked, "refused, but revealed: {outcome:?}");
        let refusals = [Errno::EPERM as i32, Errno::EACCES as i32];
        let by_actor = !matches!(self.way, Way::DockerRun(..) | Way::Custom(_));
        let clean = !by_actor || refusals.contains(&outcome.status);
        ensure!(clean, "failed, but not by refusal: {outcome:?}");
        Ok(())
    }

    fn expect_record(&self, stage: &Stage, since: usize, tag: &str, verdict: &str) -> Result<()> {
        let (comm, container) = match self.way {
            Way::Actor(_) | Way::DockerExec(..) => (Some(tag), Some(stage.named("resident"))),
            Way::EarlyActor(_) => (Some(tag), Some(stage.named("early"))),
            Way::DockerRun(..) => (None, Some(stage.named(self.name))),
            Way::Custom(_) => (None, None),
        };
        let expected = Expected {
            verdict,
            rules: &self.rules,
            hook: self.hook,
            comm,
            container: container.as_deref(),
            host_path: self.host_path,
        };
        let (_, record) = stage.agent()?.denial(since, &expected)?;
        let hinted =
            record.text("/rule") != "host-path" || record.text("/hint").contains("host_paths");
        ensure!(hinted, "no hint what to add to the policy: {record}");
        Ok(())
    }
}
