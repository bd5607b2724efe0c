//! `cargo xtask test`: every test there is.

mod native;
mod scenarios;
mod tally;

use std::process::ExitCode;

use anyhow::Result;

use crate::kernel::Kernel;
use crate::vm::{self, Root};
use crate::{build, setup};

pub(crate) use tally::Tally;

/// Runs every test: those that need no kernel of their own here, the others on every kernel.
///
/// Does the set-up by itself.
/// Two virtual machines run side by side, each line of theirs starts with the kernel, as in
/// `[6.12] test mount_tmpfs ... ok`.
/// Ends with one line, `N passed, N failed`, and fails if any failed; a machine that panics, locks
/// up or runs out of time counts as one failed test.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only what needs no kernel of its own, and kernel 6.12: for in between
    #[arg(long, conflicts_with = "kernel")]
    quick: bool,

    /// Only this kernel (may be given several times)
    #[arg(long, value_enum)]
    kernel: Vec<Kernel>,

    /// Only tests whose name contains this
    filter: Option<String>,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let tally = run(args)?;
    println!("{tally}");
    Ok(tally.exit_code())
}

/// Runs them and counts.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    let kernels = args.kernels();
    setup::ensure(setup::BUILD)?;
    vm::prepare(&kernels, Root::Docker)?;
    let filter = args.filter.as_deref();
    let mut tally = native::run(filter)?;
    let agent = build::agent(false, false)?;
    let share = scenarios::build()?;
    tally += scenarios::run(&kernels, &agent, share.path(), filter);
    Ok(tally)
}

impl Args {
    fn kernels(&self) -> Vec<Kernel> {
        match (self.quick, self.kernel.is_empty()) {
            (true, _) => vec![Kernel::V6_12],
            (false, true) => Kernel::ALL.to_vec(),
            (false, false) => self.kernel.clone(),
        }
    }
}
