//! The one check that every attack goes through in every phase.

use anyhow::{Context as _, Result, bail, ensure};
use nix::errno::Errno;

use crate::{
    attack::{Attack, Way},
    docker::{ATTACKER, docker},
    host::Host,
    outcome::Outcome,
    record::Expected,
    stage::{Phase, Stage},
};

impl Attack {
    /// Attacks, and judges what came of it by the phase.
    ///
    /// # Errors
    /// If the phase promised something else; with the line that declared the attack.
    pub fn check(&self, host: &Host, stage: &mut Stage) -> Result<()> {
        let judged = self.attack_and_judge(host, stage);
        judged.map_err(|error| error.context(format!("attack declared at {}", self.at)))
    }

    fn attack_and_judge(&self, host: &Host, stage: &mut Stage) -> Result<()> {
        if matches!(self.way, Way::DockerMount(_)) && stage.phase != Phase::Enforce {
            return self.check_in_crowd(host, stage);
        }
        self.prepare(host)?;
        let since = stage.agent.as_ref().map_or(0, |agent| agent.now());
        let tag = stage.tag(self.name);
        let outcome = self.launch(host, stage, &tag)?;
        match stage.phase {
            Phase::Off => self.expect_success(&outcome),
            Phase::Audit => {
                self.expect_success(&outcome)?;
                let expected = Expected {
                    verdict: "audited",
                    ..self.record(&tag)
                };
                self.expect_record(stage, since, &expected)
            }
            Phase::Enforce | Phase::Innocence => {
                self.expect_refusal(&outcome)?;
                self.expect_record(stage, since, &self.record(&tag))
                    .with_context(|| format!("refused as it should be: {outcome:?}"))
            }
            Phase::Policy | Phase::Alone => bail!("no phase for attacks"),
        }
    }

    /// One container has all mounts, and one audited record.
    fn check_in_crowd(&self, host: &Host, stage: &mut Stage) -> Result<()> {
        let mut crowd = std::mem::take(&mut stage.crowd);
        let outcome = crowd.outcome(host, stage, self.name);
        stage.crowd = crowd;
        self.expect_success(&outcome?)?;
        if stage.phase == Phase::Off {
            return Ok(());
        }
        let container = stage.named("crowd");
        let expected = Expected {
            verdict: "audited",
            rules: &["host-path", "block-device"],
            container: Some(&container),
            ..Expected::default()
        };
        self.expect_record(stage, 0, &expected)
    }

    fn launch(&self, host: &Host, stage: &mut Stage, tag: &str) -> Result<Outcome> {
        let put = |stage: &Stage, words: &[&str]| -> Vec<String> {
            let at = format!("/at/{}", self.name);
            words
                .iter()
                .map(|word| stage.expand(host, word).replace("{at}", &at))
                .collect()
        };
        let argv = match &self.way {
            Way::Actor(argv) => {
                let argv = put(stage, &[&["as", tag], &argv[..]].concat());
                return stage.resident()?.perform(&argv);
            }
            Way::EarlyActor(argv) => {
                let argv = put(stage, &[&["as", tag], &argv[..]].concat());
                return stage.early()?.perform(&argv);
            }
            Way::LeakyActor(argv) => {
                let argv = put(stage, &[&["as", tag], &argv[..]].concat());
                return stage.leaky(host)?.perform(&argv);
            }
            Way::DockerRun(options, script) => {
                put(stage, &run(&stage.named(self.name), &[options], script))
            }
            Way::DockerMount(mount) => {
                let options = [&mount.options[..], &mount.alone];
                put(stage, &run(&stage.named(self.name), &options, mount.script))
            }
            Way::DockerExec(options, argv) => {
                let container = [&stage.named("resident"), "/actor", "as", tag];
                put(stage, &[&["exec"], &options[..], &container, argv].concat())
            }
            Way::Custom(act) => return act(host, stage),
        };
        docker(&argv.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn expect_success(&self, outcome: &Outcome) -> Result<()> {
        ensure!(
            outcome.worked(self.evidence),
            "did not succeed: {outcome:?}"
        );
        Ok(())
    }

    fn expect_refusal(&self, outcome: &Outcome) -> Result<()> {
        // `debugfs` ends with 0 whatever came of it.
        let silent = self.is_tool && self.evidence.is_some();
        ensure!(silent || outcome.status != 0, "SUCCEEDED: {outcome:?}");
        let leaked = self
            .evidence
            .is_some_and(|evidence| outcome.output.contains(evidence));
        ensure!(!leaked, "refused, but revealed: {outcome:?}");
        let answer = self.answer.unwrap_or(Errno::EPERM);
        let refusals = [answer, Errno::EPERM, Errno::EACCES].map(|errno| errno as i32);
        let answers = self.is_by_actor() && !self.is_tool;
        let clean = !answers || refusals.contains(&outcome.status);
        ensure!(clean, "failed, but not by refusal: {outcome:?}");
        Ok(())
    }

    fn is_by_actor(&self) -> bool {
        matches!(
            self.way,
            Way::Actor(_) | Way::EarlyActor(_) | Way::LeakyActor(_) | Way::DockerExec(..)
        )
    }

    fn record<'a>(&'a self, tag: &'a str) -> Expected<'a> {
        let named = self.is_by_actor() && !self.by_another;
        Expected {
            profile: None,
            verdict: "denied",
            rules: &self.rules,
            hook: self.hook,
            comm: named.then_some(tag),
            container: self.container,
            host_path: self.host_path,
        }
    }

    /// Waits for the record, with the container's name where Docker gave it one.
    fn expect_record(&self, stage: &Stage, since: usize, expected: &Expected) -> Result<()> {
        let name = match self.way {
            Way::Actor(_) | Way::DockerExec(..) => Some(stage.named("resident")),
            Way::EarlyActor(_) => Some(stage.named("early")),
            Way::DockerRun(..) | Way::DockerMount(_) => Some(stage.named(self.name)),
            Way::LeakyActor(_) | Way::Custom(_) => None,
        };
        let container = expected.container.or(name.as_deref());
        let expected = Expected {
            container,
            ..expected.clone()
        };
        let (_, record) = stage.agent()?.denial(since, &expected)?;
        let hint = record.text("/rule") != "host-path" || !record.text("/hint").is_empty();
        ensure!(hint, "no hint what to add to the policy: {record}");
        Ok(())
    }
}

fn run<'a>(name: &'a str, options: &[&[&'a str]], script: &'a str) -> Vec<&'a str> {
    let run = ["run", "--name", name, "--network", "none"];
    [&run[..], &options.concat(), &[ATTACKER, "sh", "-c", script]].concat()
}
