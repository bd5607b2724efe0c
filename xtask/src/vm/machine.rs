//! A virtual machine from power-on to its command's exit status.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use tempfile::TempDir;

use super::outcome::{Outcome, Status};
use super::{initramfs, qemu};
use crate::kernel::Kernel;
use crate::{cache, exec};

/// How often a running machine is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// What there is besides the kernel.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Root {
    /// Busybox in memory.
    Minimal,
    /// Debian with containerd, dockerd and podman.
    Docker,
    /// The same, started by systemd; a reboot keeps what is on the disk, and runs CMD again.
    Systemd,
}

impl Root {
    /// Whether it has the disk with Debian.
    pub(crate) fn has_disk(self) -> bool {
        self != Self::Minimal
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Processors {
    /// Where two machines share two real processors, all else takes twice as long.
    One,
    Two,
    /// One that counts instructions for time.
    Counting,
}

/// A virtual machine that has not been started.
pub(crate) struct Vm {
    /// The program to put on the search path.
    pub(crate) agent: PathBuf,
    pub(crate) kernel: Kernel,
    pub(crate) root: Root,
    /// For the kernel's command line, after our own.
    pub(crate) append: String,
    pub(crate) share: Option<PathBuf>,
    pub(crate) processors: Processors,
    /// From power-on.
    pub(crate) timeout: Duration,
    pub(crate) command: Vec<OsString>,
}

/// The files of one running machine.
pub(super) struct Files {
    dir: TempDir,
}

impl Vm {
    /// Runs the command; `started` is called when it starts, `sink` with what it writes.
    pub(crate) fn run(
        &self,
        started: &mut dyn FnMut(),
        sink: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<Outcome> {
        let files = Files::new(self, false)?;
        let mut qemu = qemu::command(self, &files)?;
        qemu.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(files.complaints()?);
        let mut child = spawn(&mut qemu)?;
        let output = child.stdout.take().context("QEMU has an output")?;
        let in_time = thread::scope(|scope| {
            scope.spawn(move || pass_on(output, sink));
            self.wait(&mut child, &files, started)
        })?;
        self.outcome(&files, in_time)
    }

    /// Runs the command, if there is one, and then a shell on our own terminal.
    pub(crate) fn shell(&self) -> Result<Outcome> {
        let files = Files::new(self, true)?;
        let mut qemu = qemu::command(self, &files)?;
        let status = spawn(qemu.stderr(files.complaints()?))?.wait();
        status.with_context(|| format!("cannot wait for {}", exec::shown(&qemu)))?;
        self.outcome(&files, true)
    }

    /// Waits for the machine to end; false if it had to be ended.
    fn wait(&self, qemu: &mut Child, files: &Files, started: &mut dyn FnMut()) -> Result<bool> {
        let deadline = Instant::now() + self.timeout;
        let mut up = false;
        while qemu.try_wait().context("cannot wait for QEMU")?.is_none() {
            if !up && files.status()? != Status::Booting {
                up = true;
                started();
            }
            if Instant::now() >= deadline {
                qemu.kill().context("cannot end QEMU")?;
                qemu.wait().context("cannot wait for QEMU")?;
                return Ok(false);
            }
            thread::sleep(GLANCE);
        }
        Ok(true)
    }

    fn outcome(&self, files: &Files, in_time: bool) -> Result<Outcome> {
        let console = read(&files.console())?;
        let complaints = read(&files.dir.path().join("qemu"))?;
        let status = files.status()?;
        if status == Status::Booting && console.is_empty() && !complaints.is_empty() {
            bail!("QEMU did not start:\n{}", complaints.trim_end());
        }
        let outcome = Outcome::of(status, &console, (!in_time).then_some(self.timeout));
        if let Outcome::Failed(_) = outcome {
            let kept = cache::sub(&cache::dir()?, "consoles")?;
            let kept = kept.join(format!("{}-{}.log", self.kernel, std::process::id()));
            fs::copy(files.console(), &kept)
                .with_context(|| format!("cannot write {}", kept.display()))?;
            eprintln!(
                "the machine's console ended so, all of it is in {}:",
                kept.display()
            );
            eprintln!("{}", exec::last_lines(&console, 40));
        }
        Ok(outcome)
    }
}

impl Files {
    fn new(vm: &Vm, terminal: bool) -> Result<Self> {
        let base = cache::sub(&cache::dir()?, "running")?;
        cache::forget_older_than_a_day(&base)?;
        let dir = tempfile::tempdir_in(base).context("cannot make a folder for the machine")?;
        let files = Self { dir };
        fs::write(files.status_file(), "").context("cannot write the machine's status")?;
        initramfs::pack(vm, terminal, &files.initramfs())?;
        Ok(files)
    }

    pub(super) fn initramfs(&self) -> PathBuf {
        self.dir.path().join("initramfs")
    }

    pub(super) fn console(&self) -> PathBuf {
        self.dir.path().join("console")
    }

    pub(super) fn status_file(&self) -> PathBuf {
        self.dir.path().join("status")
    }

    /// QEMU's own place for what the machine writes to its disks.
    pub(super) fn scratch(&self) -> &Path {
        self.dir.path()
    }

    fn complaints(&self) -> Result<File> {
        File::create(self.dir.path().join("qemu")).context("cannot write QEMU's messages")
    }

    fn status(&self) -> Result<Status> {
        Ok(Status::read(&read(&self.status_file())?))
    }
}

fn spawn(qemu: &mut Command) -> Result<Child> {
    qemu.spawn()
        .with_context(|| format!("cannot start {}", exec::shown(qemu)))
}

fn pass_on(mut from: impl Read, sink: &mut dyn FnMut(&[u8])) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        sink(buffer.get(..count).unwrap_or_default());
    }
}

fn read(path: &Path) -> Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
