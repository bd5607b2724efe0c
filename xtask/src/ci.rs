//! `cargo xtask ci`: everything that has to be right before something is merged.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::test::{self, Coverage, Tally};
use crate::{cargo, exec, progress, setup, tidy};

/// Runs everything that has to be right: format, clippy, tidy, documentation and every test.
///
/// Goes on after a failure, to tell of all of them.
/// Ends with one line, `N passed, N failed`, in which each check counts like a test.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn exec(_: &Args) -> Result<ExitCode> {
    setup::ensure(setup::BUILD)?;
    let mut tally = Tally::default();
    tally += check("format", || {
        exec::exec(cargo::command()?.args(["fmt", "--all", "--check"]))
    });
    tally += check("clippy", || exec::exec(&mut clippy()?));
    tally += check("clippy of the probe", || {
        exec::exec(&mut clippy_of_the_probe()?)
    });
    tally += check("tidy", tidy::check);
    tally += check("documentation", || exec::exec(&mut documentation()?));
    let (of_tests, coverage) = test::run(&test::Args::default()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        (Tally::ONE_FAILED, Coverage::default())
    });
    tally += of_tests;
    if of_tests.failed == 0 && coverage.is_known() {
        tally += check("table of the kernels", || coverage.compare());
    }
    println!("{tally}");
    Ok(tally.exit_code())
}

fn check(name: &str, work: impl FnOnce() -> Result<()>) -> Tally {
    progress::note(&format!("checking: {name} …"));
    match work() {
        Ok(()) => Tally::ONE_PASSED,
        Err(error) => {
            eprintln!("error: {name}: {error:#}");
            Tally::ONE_FAILED
        }
    }
}

fn clippy() -> Result<Command> {
    let mut cargo = cargo::command()?;
    cargo.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--exclude",
        "probe-ebpf",
    ]);
    cargo.args([
        "--all-targets",
        "--all-features",
        "--",
        "--deny",
        "warnings",
    ]);
    Ok(cargo)
}

/// It is no program for this machine, so it has its own target.
fn clippy_of_the_probe() -> Result<Command> {
    let mut cargo = cargo::command()?;
    cargo.args([
        "clippy",
        "--quiet",
        "--package",
        "probe-ebpf",
        "--all-features",
    ]);
    cargo.args(["--target", "bpfel-unknown-none", "-Z", "build-std=core"]);
    cargo.args(["--", "--deny", "warnings"]);
    Ok(cargo)
}

fn documentation() -> Result<Command> {
    let mut cargo = cargo::command()?;
    cargo.args(["doc", "--quiet", "--workspace", "--exclude", "probe-ebpf"]);
    cargo
        .args(["--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "--deny warnings");
    Ok(cargo)
}
