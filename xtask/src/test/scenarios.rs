//! Scenarios: what needs a kernel with BPF LSM, in virtual machines, two at a time.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{Coverage, Tally};
use crate::kernel::Kernel;
use crate::vm::{Outcome, Processors, Root, Vm};
use crate::{cargo, exec, progress};

const PACKAGE: &str = "bulkhead-tests";
const PROGRAM: &str = "scenarios";
const SIDE_BY_SIDE: usize = 2;
/// For all scenarios on one kernel; an emulated processor is slow.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

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
    ];
    let helpers = ["build", "--package", PACKAGE, "--bins"];
    let programs = progress::step("building the scenarios", || {
        let mut programs = cargo::build_static(&scenarios)?;
        programs.extend(cargo::build_static(&helpers)?);
        Ok(programs)
    })?;
    let share = tempfile::tempdir().context("cannot make a folder for the scenarios")?;
    for program in programs {
        let to = share.path().join(&program.name);
        exec::quiet(
            Command::new("strip")
                .arg("--strip-debug")
                .arg("-o")
                .arg(to)
                .arg(program.path),
        )?;
    }
    Ok(share)
}

/// Runs them on these kernels and counts.
pub(super) fn run(
    kernels: &[Kernel],
    agent: &Path,
    share: &Path,
    options: &[String],
) -> (Tally, Coverage) {
    let command = [format!("/share/{PROGRAM}")].into_iter();
    let command = command.chain(options.iter().cloned());
    let command: Vec<_> = command.map(Into::into).collect();
    let mut order = kernels.to_vec();
    // The workloads run on the newest, so it takes longest.
    order.sort_by_key(|kernel| *kernel != Kernel::V7_3);
    let waiting: Mutex<VecDeque<Kernel>> = Mutex::new(order.into());
    let next = || waiting.lock().ok()?.pop_front();
    let work = || {
        let mut sum = (Tally::default(), Coverage::default());
        while let Some(kernel) = next() {
            let (tally, coverage) = on_kernel(&Vm {
                agent: agent.to_owned(),
                kernel,
                root: Root::Docker,
                share: Some(share.to_owned()),
                processors: processors(kernel),
                timeout: TIMEOUT,
                command: command.clone(),
            });
            sum.0 += tally;
            sum.1.add(coverage);
        }
        sum
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        let mut sum = (Tally::default(), Coverage::default());
        for worker in workers {
            let failed = |_| (Tally::ONE_FAILED, Coverage::default());
            let (tally, coverage) = worker.join().unwrap_or_else(failed);
            sum.0 += tally;
            sum.1.add(coverage);
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

fn on_kernel(vm: &Vm) -> (Tally, Coverage) {
    let kernel = vm.kernel;
    let mut lines = Lines {
        kernel,
        rest: Vec::new(),
        tally: None,
        coverage: Coverage::default(),
    };
    let outcome = vm.run(
        &mut || eprintln!("[{kernel}] up, running the scenarios"),
        &mut |bytes| lines.add(bytes),
    );
    lines.add(b"\n");
    let tally = lines.tally;
    let complaint = match outcome {
        Ok(Outcome::Exited(0)) if tally.is_some() => None,
        Ok(Outcome::Exited(0)) => Some("the scenarios ran no test".to_owned()),
        Ok(Outcome::Exited(_)) if tally.is_some_and(|tally| tally.failed > 0) => None,
        Ok(Outcome::Exited(code)) => Some(format!("the scenarios ended with status {code}")),
        Ok(Outcome::Failed(failure)) => Some(failure.to_string()),
        Err(error) => Some(format!("{error:#}")),
    };
    let mut tally = tally.unwrap_or_default();
    if let Some(complaint) = complaint {
        println!("[{kernel}] FAILED: {complaint}");
        tally += Tally::ONE_FAILED;
    }
    (tally, lines.coverage)
}

/// Puts the kernel in front of each line, and counts.
struct Lines {
    kernel: Kernel,
    rest: Vec<u8>,
    tally: Option<Tally>,
    coverage: Coverage,
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
        println!("[{}] {line}", self.kernel);
        self.coverage.hear(self.kernel, &line);
        if let Some(counts) = Tally::of_line(&line) {
            *self.tally.get_or_insert_default() += counts;
        }
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
            tally: None,
            coverage: Coverage::default(),
        };
        lines.add(b"running 1 test\ntest result: ok. 1 pas");
        assert_eq!(lines.tally, None);
        lines.add(b"sed; 0 failed; 0 ignored\n");
        assert_eq!(lines.tally, Some(Tally::ONE_PASSED));
    }
}
