//! An actor that stays in a container (or on the host) and does one thing after another.

use std::{
    io::Write,
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{actor::READY, lines::Lines, outcome::Outcome};

const START: Duration = Duration::from_secs(120);
/// On a machine that has much else to do, reading a disk has taken half a minute, and starting an agent
/// meanwhile two.
const ACT: Duration = Duration::from_secs(420);

pub struct Resident {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines,
}

impl Resident {
    /// Starts `command`, which has to end up in `actor serve`, and waits until it is ready.
    ///
    /// # Errors
    /// If it does not start in time.
    pub fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("start {command:?}"))?;
        let stdin = child.stdin.take().context("its stdin")?;
        let stdout = Lines::of(child.stdout.take().context("its stdout")?);
        let ready = stdout.wait_for(0, START, |line| (line == READY).then_some(()));
        let resident = Self {
            child,
            stdin,
            stdout,
        };
        ready.with_context(|| format!("{command:?} is not ready"))?;
        Ok(resident)
    }

    /// Lets it do one thing, in a child that executes nothing.
    ///
    /// # Errors
    /// If it is gone, or does not answer in time.
    pub fn perform<S: AsRef<str>>(&mut self, argv: &[S]) -> Result<Outcome> {
        let argv: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
        let from = self.stdout.count();
        writeln!(self.stdin, "{}", serde_json::to_string(&argv)?).context("the actor is gone")?;
        let answered = self
            .stdout
            .wait_for(from, ACT, |line| Some(serde_json::from_str(line)));
        let (_, answer) = answered.with_context(|| format!("{argv:?}"))?;
        answer.with_context(|| format!("{argv:?}"))
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
