//! Scenarios: what needs a kernel with BPF LSM, in virtual machines, two at a time.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{Report, Tally, boots};
use crate::kernel::Kernel;
use crate::vm::{Outcome, Processors, Root, Vm};
use crate::{build, cargo, exec, progress};

const PACKAGE: &str = "bulkhead-tests";
pub(super) const PROGRAM: &str = "scenarios";
/// The agent of another layout, for upgrades.
const NEXT: &str = "bulkhead-next";
const SIDE_BY_SIDE: usize = 2;
/// For all scenarios on one kernel; an emulated processor is slow.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// What keeps a processor busy.
pub(crate) type Job = Box<dyn FnOnce() -> Report + Send>;

/// Builds the scenarios and the programs they start, into a folder to share with the machines.
pub(super) fn build() -> Result<TempDir> {
    let scenarios = [
        "test",
        "--no-run",
        "--package",
        PACKAGE,
        "--features",
        "vm",
        "--test",
        PROGRAM,
        "--test",
        boots::PROGRAM,
    ];
    let helpers = ["build", "--package", PACKAGE, "--bins"];
    let programs = progress::step("building the scenarios", || {
        let mut programs = cargo::build_static(&scenarios)?;
        programs.extend(cargo::build_static(&helpers)?);
        Ok(programs)
    })?;
    let share = tempfile::tempdir().context("cannot make a folder for the scenarios")?;
    for program in programs {
        put(share.path(), &program.name, &program.path)?;
    }
    put(share.path(), NEXT, &build::next_agent()?)?;
    Ok(share)
}

fn put(share: &Path, name: &str, program: &Path) -> Result<()> {
    let mut strip = Command::new("strip");
    strip.arg("--strip-debug").arg("-o").arg(share.join(name));
    exec::quiet(strip.arg(program))
}

/// The scenarios on each kernel, then each other boot of it.
pub(super) fn machines(
    kernels: &[Kernel],
    agent: &Path,
    share: &Path,
    options: &[String],
) -> Result<(Vec<Vm>, Vec<Vm>)> {
    let command = [format!("/share/{PROGRAM}")].into_iter();
    let command = command.chain(options.iter().cloned());
    let command: Vec<_> = command.map(Into::into).collect();
    let mut order = kernels.to_vec();
    // It is the slowest.
    order.sort_by_key(|kernel| *kernel != Kernel::V7_3);
    let suite = |kernel: &Kernel| Vm {
        agent: agent.to_owned(),
        kernel: *kernel,
        root: Root::Docker,
        append: String::new(),
        share: Some(share.to_owned()),
        processors: processors(*kernel),
        timeout: TIMEOUT,
        command: command.clone(),
    };
    let suites = order.iter().map(suite).collect();
    Ok((suites, boots::machines(&order, agent, share, options)?))
}

pub(super) fn job(vm: Vm) -> Job {
    Box::new(move || on_kernel(&vm))
}

/// Runs them, two at a time, and counts.
pub(super) fn run(jobs: impl Iterator<Item = Job>) -> Report {
    let waiting = Mutex::new(jobs.collect::<VecDeque<_>>());
    let next = || waiting.lock().ok()?.pop_front();
    let work = || {
        let mut sum = Report::default();
        while let Some(job) = next() {
            sum += job();
        }
        sum
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        let mut sum = Report::default();
        for worker in workers {
            let died = |_| Report::failed("error: a thread of the tests panicked");
            sum += worker.join().unwrap_or_else(died);
        }
        sum
    })
}

/// One of the matrix has two, for what only two processors do to one another.
fn processors(kernel: Kernel) -> Processors {
    if kernel == Kernel::V6_18 {
        Processors::Two
    } else {
        Processors::One
    }
}

fn on_kernel(vm: &Vm) -> Report {
    let kernel = vm.kernel;
    let mut lines = Lines {
        kernel,
        rest: Vec::new(),
        report: Report::default(),
        ended: false,
    };
    let outcome = vm.run(
        &mut || eprintln!("[{kernel}] up, running the scenarios"),
        &mut |bytes| lines.add(bytes),
    );
    lines.add(b"\n");
    let mut report = lines.report;
    let complaint = match outcome {
        Ok(Outcome::Exited(0)) if lines.ended => None,
        Ok(Outcome::Exited(0)) => Some("the scenarios ran no test".to_owned()),
        Ok(Outcome::Exited(_)) if report.tally.failed > 0 => None,
        Ok(Outcome::Exited(code)) => Some(format!("the scenarios ended with status {code}")),
        Ok(Outcome::Failed(failure)) => Some(failure.to_string()),
        Err(error) => Some(format!("{error:#}")),
    };
    if let Some(complaint) = complaint {
        let complaint = format!("[{kernel}] FAILED: {complaint}");
        println!("{complaint}");
        report += Report::failed(&complaint);
    }
    report
}

/// Puts the kernel in front of each line, and counts.
struct Lines {
    kernel: Kernel,
    rest: Vec<u8>,
    report: Report,
    /// Was there a line with a sum?
    ended: bool,
}

impl Lines {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                byte => self.rest.push(*byte),
            }
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.rest).into_owned();
        self.rest.clear();
        if line.is_empty() {
            return;
        }
        self.report.hear(Some(self.kernel), &line);
        self.ended |= Tally::of_line(&line).is_some();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_however_they_are_cut() {
        let mut lines = Lines {
            kernel: Kernel::V6_1,
            rest: Vec::new(),
            report: Report::default(),
            ended: false,
        };
        lines.add(b"running 1 test\ntest result: ok. 1 pas");
        assert!(!lines.ended);
        lines.add(b"sed; 0 failed; 0 ignored\n");
        assert!(lines.ended);
        assert_eq!(lines.report.tally, Tally::ONE_PASSED);
    }
}
