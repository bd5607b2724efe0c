//! A running `bulkhead`, its records and its end.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    command,
    host::ANCHORED,
    lines::Lines,
    record::{Expected, Record},
};

/// Loading programs into an emulated kernel takes seconds; a stuck agent takes forever.
pub const START: Duration = Duration::from_secs(300);
/// A denial is printed within milliseconds on real hardware.
pub const RECORD: Duration = Duration::from_secs(60);

/// Lines that are shown where something went wrong.
const LAST: usize = 30;

pub struct Agent {
    child: Child,
    stdout: Lines,
    stderr: Lines,
    /// Its programs stay when it is dropped.
    leaves: bool,
}

impl Agent {
    /// Starts `bulkhead run -o json` and waits until it enforces, or audits.
    ///
    /// # Errors
    /// If it ends, or says nothing of the kind in time; with what it said instead.
    pub fn start(options: &[&str]) -> Result<Self> {
        Self::start_program("bulkhead", "json", options)
    }

    /// The same with `-o form`.
    ///
    /// # Errors
    /// As above.
    pub fn start_as(form: &str, options: &[&str]) -> Result<Self> {
        Self::start_program("bulkhead", form, options)
    }

    /// The same of another version.
    ///
    /// # Errors
    /// As above.
    pub fn start_program(program: &str, form: &str, options: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["run", "-o", form])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("start bulkhead")?;
        let stdout = Lines::of(child.stdout.take().context("its stdout")?);
        let stderr = Lines::of(child.stderr.take().context("its stderr")?);
        let agent = Self {
            child,
            stdout,
            stderr,
            leaves: false,
        };
        agent
            .stderr
            .wait_for(0, START, ready)
            .context("bulkhead is not ready")?;
        Ok(agent)
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A place in the stream of records, to look from later.
    #[must_use]
    pub fn now(&self) -> usize {
        self.stdout.count()
    }

    /// Waits for the record that `expected` describes, from `since` on; gives its place as well.
    ///
    /// # Errors
    /// If it does not come in time; with what came instead.
    pub fn denial(&self, since: usize, expected: &Expected) -> Result<(usize, Record)> {
        self.stdout
            .wait_for(since, RECORD, |line| {
                Record::parse(line)
                    .ok()
                    .filter(|record| expected.matches(record))
            })
            .with_context(|| format!("no record with {expected:?}"))
    }

    /// The records from one place on, up to and without another.
    ///
    /// # Errors
    /// If a line is not a record.
    pub fn records(&self, from: usize, until: usize) -> Result<Vec<Record>> {
        let lines = self.stdout.since(from);
        let lines = lines.iter().take(until.saturating_sub(from));
        lines.map(|line| Record::parse(line)).collect()
    }

    /// The last records, as they were printed.
    #[must_use]
    pub fn printed(&self) -> String {
        last(&self.stdout)
    }

    /// What it said to people last.
    #[must_use]
    pub fn said(&self) -> String {
        last(&self.stderr)
    }

    /// Has the policy read again, and waits until it says something with `words`.
    ///
    /// # Errors
    /// If it does not in time.
    pub fn reload(&self, words: &str) -> Result<()> {
        let from = self.heard();
        self.signal(Signal::SIGHUP)?;
        self.says(from, words).context("after SIGHUP")
    }

    /// A place in what it says to people, to wait from later.
    #[must_use]
    pub fn heard(&self) -> usize {
        self.stderr.count()
    }

    /// Waits until it says something with `words`.
    ///
    /// # Errors
    /// If it does not in time.
    pub fn says(&self, from: usize, words: &str) -> Result<()> {
        let said = |line: &str| line.contains(words).then_some(());
        self.stderr.wait_for(from, RECORD, said)?;
        Ok(())
    }

    /// Ends it, and takes its programs off.
    ///
    /// # Errors
    /// If it does not end with status 0.
    pub fn stop(mut self) -> Result<()> {
        self.end()?;
        unload()
    }

    /// Ends it as systemd does; its programs stay.
    ///
    /// # Errors
    /// If it does not end with status 0.
    pub fn leave(mut self) -> Result<()> {
        self.leaves = true;
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "after SIGTERM: {status}\n{}", self.said());
        Ok(())
    }

    /// Ends it as the kernel does when memory runs out; its programs stay.
    ///
    /// # Errors
    /// If there is no such process any more.
    pub fn kill(mut self) -> Result<()> {
        self.leaves = true;
        self.signal(Signal::SIGKILL)?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// If it did not end with status 0.
    pub fn ends(mut self) -> Result<()> {
        let status = self.child.wait()?;
        ensure!(status.success(), "it ended: {status}\n{}", self.said());
        Ok(())
    }

    /// # Errors
    /// If there is no such process any more.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id())?;
        kill(Pid::from_raw(pid), signal).context("signal bulkhead")
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.leaves {
            // What comes next begins without programs, or says that there are some.
            let _ = unload();
        }
    }
}

/// Takes every program off.
///
/// # Errors
/// If that fails.
pub fn unload() -> Result<()> {
    command::must(&["bulkhead", "unload"]).map(|_| ())
}

/// The policy that the attacks run under: every privilege, so that containment alone is what stops
/// them, and one anchored directory.
///
/// # Errors
/// If the file cannot be written.
pub fn write_policy(file: &Path, mode: &str, anchored: &str) -> Result<()> {
    write_policy_with(file, mode, anchored, "")
}

/// The same with one more line for the default profile.
///
/// # Errors
/// If the file cannot be written.
pub fn write_policy_with(file: &Path, mode: &str, anchored: &str, line: &str) -> Result<()> {
    let anchored = format!("{{ path = \"{anchored}\", access = \"rw\" }}");
    let text = format!(
        "mode = \"{mode}\"\ndefault = \"attacked\"\n\n{ATTACKED}host_paths = [{anchored}]\n{line}\n"
    );
    fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

fn last(lines: &Lines) -> String {
    let from = lines.count().saturating_sub(LAST);
    lines.since(from).join("\n")
}

/// What `docker run --privileged --pid=host` has; not a path of the host.
pub const ATTACKED: &str = r#"[[profile]]
name = "attacked"
capabilities.add = ["ALL"]
host_namespaces = ["pid", "net", "ipc"]
kernel_filesystems = ["sysfs", "cgroup", "cgroup2"]
proc_mount = "unmasked"
"#;

/// The policy that innocent work goes on under: the built-in one, and a profile for what is innocent
/// and still wants more.
///
/// # Errors
/// If the file cannot be written.
pub fn write_innocent_policy(file: &Path) -> Result<()> {
    let text = format!(
        r#"{ATTACKED}
[[assign]]
name = "innocence-lenient-*"
profile = "attacked"

[[assign]]
runtime = "systemd-nspawn"
profile = "attacked"

[[profile]]
name = "bundles"
extends = "attacked"
host_paths = [{{ path = "{ANCHORED}", access = "rw" }}]

[[assign]]
runtime = "runc"
profile = "bundles"

[[assign]]
runtime = "crun"
profile = "bundles"
"#
    );
    fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

/// Whether a line on standard error says that the agent has begun to work.
#[must_use]
pub fn ready(line: &str) -> Option<()> {
    let ready = [
        "bulkhead: enforcing",
        "bulkhead: auditing",
        "bulkhead: partly",
    ];
    ready
        .iter()
        .any(|start| line.starts_with(start))
        .then_some(())
}
