//! `cargo xtask build`: the probe and the agent, as one static program.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::{cargo, progress, setup};

/// Builds the probe and the agent: one static program, `bulkhead`, that runs on any Linux.
///
/// Prints the program's path.
/// The first time this does the part of the set-up that building needs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// As it is shipped: optimised, without debug information
    #[arg(long)]
    release: bool,

    /// The probe logs every decision it takes
    #[arg(long)]
    trace: bool,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    println!("{}", agent(args.release, args.trace)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds `bulkhead` and returns its path.
pub(crate) fn agent(release: bool, trace: bool) -> Result<PathBuf> {
    setup::ensure(setup::BUILD)?;
    let mut args = Vec::new();
    if release {
        args.push("--release");
    }
    if trace {
        args.extend(["--features", "trace"]);
    }
    step("building bulkhead", &args)
}

/// Builds the `bulkhead` of a version to come, in which what outlives an agent has another layout.
pub(crate) fn next_agent() -> Result<PathBuf> {
    step("building the next bulkhead", &["--features", "next-layout"])
}

fn step(what: &str, options: &[&str]) -> Result<PathBuf> {
    let build = ["build", "--package", "bulkhead", "--bin", "bulkhead"];
    let args = [&build[..], options].concat();
    let built = progress::step(what, || cargo::build_static(&args))?;
    cargo::named(built, "bulkhead")
}
