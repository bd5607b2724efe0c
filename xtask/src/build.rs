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

    /// Denials can be sent to an OpenTelemetry collector
    #[arg(long)]
    otlp: bool,
}

/// The feature of a probe that logs.
pub(crate) const TRACE: &str = "trace";

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let mut features = Vec::new();
    features.extend(args.trace.then_some(TRACE));
    features.extend(args.otlp.then_some("otlp"));
    println!("{}", agent(args.release, &features)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds `bulkhead` and returns its path.
pub(crate) fn agent(release: bool, features: &[&str]) -> Result<PathBuf> {
    setup::ensure(setup::BUILD)?;
    let mut args = Vec::new();
    if release {
        args.push("--release");
    }
    for feature in features {
        args.extend(["--features", feature]);
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
