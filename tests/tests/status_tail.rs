//! `bulkhead status` and `bulkhead tail`, beside a running agent.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    command,
    host::Host,
    lines::Lines,
    record::Record,
    stage::{Phase, Stage},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::suite::Suite;

const RECORD: Duration = Duration::from_secs(60);

pub(crate) fn register(suite: &mut Suite) {
    for (phase, status, word) in [
        (Phase::Off, 2, "off"),
        (Phase::Enforce, 0, "enforcing"),
        (Phase::Audit, 1, "auditing"),
    ] {
        let name = format!("{}::status_says_{word}", phase.name());
        suite.trial(phase, name, move |_, _| says(status, word));
    }
    suite.trial(
        Phase::Enforce,
        "enforce::programs_verify_with_room",
        programs_have_room,
    );
    suite.trial(
        Phase::Enforce,
        "enforce::tail_shows_history_and_ends",
        history,
    );
    suite.trial(Phase::Enforce, "enforce::tail_follows", follow);
    suite.trial(
        Phase::Enforce,
        "enforce::records_are_numbered_without_gaps",
        numbered,
    );
}

pub(crate) fn says(status: i32, word: &str) -> Result<()> {
    let outcome = command::run(&["bulkhead", "status"])?;
    ensure!(
        outcome.status == status && outcome.output.contains(word),
        "{outcome:?}"
    );
    Ok(())
}

/// What each program took the kernel to check, printed; the verifier gives up at a million
/// instructions, and half of that is room for what comes.
fn programs_have_room(_: &mut Host, _: &mut Stage) -> Result<()> {
    const MOST: u64 = 500_000;
    let status = command::must(&["bulkhead", "status", "-o", "json"])?;
    let status: Value = serde_json::from_str(&status)?;
    let hooks = status["hooks"].as_array().context("no hooks")?;
    for hook in hooks {
        let (name, cost) = (&hook["name"], &hook["cost"]);
        println!("program {name}: {cost}");
        let instructions = cost["instructions"].as_u64();
        let instructions = instructions.with_context(|| format!("nothing known of {name}"))?;
        ensure!(
            instructions < MOST,
            "{name} takes {instructions} instructions"
        );
    }
    ensure!(hooks.len() > 60, "{} programs", hooks.len());
    Ok(())
}

/// A `bulkhead tail` and what it prints.
pub(crate) struct Tail {
    child: Child,
    pub(crate) lines: Lines,
}

impl Tail {
    pub(crate) fn start(options: &[&str]) -> Result<Self> {
        let mut child = Command::new("bulkhead")
            .args(["tail", "-o", "json"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .context("start bulkhead tail")?;
        let lines = Lines::of(child.stdout.take().context("its stdout")?);
        Ok(Self { child, lines })
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id())?;
        kill(Pid::from_raw(pid), signal).context("signal bulkhead tail")
    }

    pub(crate) fn shows(&self, comm: &str) -> Result<Record> {
        let wanted = |line: &str| {
            Record::parse(line)
                .ok()
                .filter(|record| record.comm() == comm)
        };
        let (_, record) = self.lines.wait_for(0, RECORD, wanted)?;
        Ok(record)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn history(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let tag = refuse(stage, "history")?;
    stage.denials_since(0)?;
    let said = command::must(&["bulkhead", "tail", "-n", "all", "--no-follow", "-o", "json"])?;
    ensure!(said.contains(&tag), "no {tag} in {said}");
    Ok(())
}

fn follow(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let before = refuse(stage, "before")?;
    stage.denials_since(0)?;
    let tail = Tail::start(&[])?;
    tail.shows(&before)?;
    let after = refuse(stage, "after")?;
    let record = tail.shows(&after)?;
    ensure!(
        record.text("/container/name") == stage.named("resident"),
        "{record}"
    );
    Ok(())
}

fn numbered(_: &mut Host, stage: &mut Stage) -> Result<()> {
    refuse(stage, "numbered")?;
    let records = stage.denials_since(0)?;
    let numbers: Option<Vec<u64>> = records.iter().map(|record| record.number("/seq")).collect();
    let numbers = numbers.context("a record without seq")?;
    let gap = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1);
    ensure!(gap.is_none(), "{gap:?} in {numbers:?}");
    Ok(())
}

/// Has something refused; gives the process name it happened under.
fn refuse(stage: &mut Stage, name: &str) -> Result<String> {
    let tag = stage.tag(name);
    let outcome = stage.resident()?.perform(&["as", &tag, "umount", "/t8"])?;
    ensure!(outcome.status != 0, "SUCCEEDED: {outcome:?}");
    Ok(tag)
}
