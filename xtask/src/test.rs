//! `cargo xtask test`: every test there is.

mod boots;
pub(crate) mod coverage;
mod native;
mod report;
mod scenarios;
mod tally;

use std::process::ExitCode;

use anyhow::Result;

use crate::kernel::Kernel;
use crate::setup::Step;
use crate::vm::{self, Root};
use crate::{build, setup};

pub(crate) use coverage::Coverage;
pub(crate) use report::Report;
pub(crate) use scenarios::Job;
pub(crate) use tally::Tally;

/// Runs every test: those that need no kernel of their own here, the others on every kernel.
///
/// Does the set-up by itself.
/// Two virtual machines run side by side, each line of theirs starts with the kernel, as in
/// `[6.12] test mount_tmpfs ... ok`.
/// Ends with what failed and one line, `N passed, N failed`, and fails if any failed; a machine that panics, locks
/// up or runs out of time counts as one failed test.
/// After a whole run in which nothing failed, docs/kernels.md says how many attacks on which rule
/// each kernel refused.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only what needs no kernel of its own, and kernel 6.12: for in between
    #[arg(long, conflicts_with = "kernel")]
    quick: bool,

    /// Only this kernel (may be given several times)
    #[arg(long, value_enum)]
    kernel: Vec<Kernel>,

    /// Also what takes long, and all on every kernel: without, only what each of them refuses is
    /// tried on every one, the rest on one or two
    #[arg(long)]
    include_ignored: bool,

    /// Only tests whose name contains this
    filter: Option<String>,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let report = run(args, Vec::new())?;
    if args.is_whole() && report.tally.failed == 0 {
        if report.coverage.is_known() {
            report.coverage.write()?;
        } else {
            eprintln!(
                "{}: left as it is, the scenarios named no rules",
                coverage::FILE
            );
        }
    }
    println!("{report}");
    Ok(report.tally.exit_code())
}

/// Runs them and counts, and does `beside` while a machine runs.
pub(crate) fn run(args: &Args, beside: Vec<Job>) -> Result<Report> {
    let kernels = args.kernels();
    setup::ensure(setup::BUILD)?;
    setup::ensure(&[Step::Program(setup::PROMTOOL)])?;
    vm::prepare(&kernels, Root::Docker)?;
    let mut report = native::run(args.filter.as_deref())?;
    let share = scenarios::build()?;
    // The last that is built stays where cargo puts it.
    let agent = build::agent(false, &[])?;
    let options = args.of_scenarios();
    let (suites, boots) = scenarios::machines(&kernels, &agent, share.path(), &options)?;
    let suites = suites.into_iter().map(scenarios::job);
    let boots = boots.into_iter().map(scenarios::job);
    report += scenarios::run(suites.chain(beside).chain(boots));
    Ok(report)
}

impl Args {
    /// Every test on every kernel?
    fn is_whole(&self) -> bool {
        !self.quick && self.kernel.is_empty() && self.filter.is_none()
    }

    fn of_scenarios(&self) -> Vec<String> {
        let ignored = self.include_ignored.then(|| "--include-ignored".to_owned());
        ignored.into_iter().chain(self.filter.clone()).collect()
    }

    fn kernels(&self) -> Vec<Kernel> {
        match (self.quick, self.kernel.is_empty()) {
            (true, _) => vec![Kernel::V6_12],
            (false, true) => Kernel::ALL.to_vec(),
            (false, false) => self.kernel.clone(),
        }
    }
}
