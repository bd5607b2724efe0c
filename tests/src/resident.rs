//! An actor that stays in a container (or on the host) and does one thing after another.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use nix::errno::Errno;

use crate::{actor::READY, docker, lines::Lines, outcome::Outcome};

/// In an actor of Docker's: that it shall end.
pub const ENOUGH: &str = "/v/enough";

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

    /// Starts it in a container of Docker's with every privilege, and no network.
    ///
    /// # Errors
    /// If it does not start in time.
    pub fn privileged(name: &str) -> Result<Self> {
        Self::start(docker::privileged_actor(name, &["--network=none"]))
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

    /// What comes of it when it mounts, as a process of this name.
    ///
    /// # Errors
    /// If it is gone, or does not answer in time.
    pub fn mount(&mut self, comm: &str) -> Result<Outcome> {
        self.perform(&["as", comm, "mount-tmpfs", &format!("/m/{comm}")])
    }

    /// It may not mount: it is contained.
    ///
    /// # Errors
    /// If it may.
    pub fn is_refused(&mut self, comm: &str) -> Result<()> {
        let outcome = self.mount(comm)?;
        let is_refused = outcome.status == Errno::EPERM as i32;
        ensure!(is_refused, "{comm}: not refused: {outcome:?}");
        Ok(())
    }

    /// It may mount: nobody contains it.
    ///
    /// # Errors
    /// If it may not.
    pub fn succeeds(&mut self, comm: &str) -> Result<()> {
        let outcome = self.mount(comm)?;
        ensure!(outcome.status == 0, "{comm}: {outcome:?}");
        Ok(())
    }

    /// Does something while it does `attack`, which has to end when [`ENOUGH`] is there.
    ///
    /// # Errors
    /// If either fails, or it does not answer in time.
    pub fn meanwhile<T>(
        &mut self,
        attack: &[&str],
        act: impl FnOnce() -> Result<T>,
    ) -> Result<(T, Outcome)> {
        let enough = Path::new(docker::VOLUME_DIR).join("enough");
        if enough.exists() {
            fs::remove_file(&enough)?;
        }
        thread::scope(|scope| {
            let attacker = scope.spawn(|| self.perform(attack));
            let done = act();
            fs::write(&enough, "")?;
            let panicked = |_| anyhow!("the attacker panicked");
            let outcome = attacker.join().map_err(panicked)?;
            Ok((done?, outcome?))
        })
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
