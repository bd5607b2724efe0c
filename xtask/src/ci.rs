//! `cargo xtask ci`: everything that has to be right before something is merged.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::test::{self, Report};
use crate::{bench, cargo, demo, dist, exec, progress, setup, tidy, vagrant};

/// Runs everything that has to be right: format, clippy, tidy, documentation, packages and every test.
///
/// Goes on after a failure, to tell of all of them.
/// Ends with what failed and one line, `N passed, N failed`, in which each check counts like a test.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn exec(_: &Args) -> Result<ExitCode> {
    setup::ensure(setup::BUILD)?;
    let mut report = Report::default();
    report += check("format", || {
        exec::exec(cargo::command()?.args(["fmt", "--all", "--check"]))
    });
    report += check("clippy", || exec::exec(&mut clippy()?));
    report += check("clippy of the probe", || {
        exec::exec(&mut clippy_of_the_probe()?)
    });
    report += check("tidy", tidy::check);
    report += check("documentation", || exec::exec(&mut documentation()?));
    report += check("Vagrantfile", vagrant::check);
    let beside: Vec<test::Job> = vec![
        Box::new(|| check("packages", dist::check)),
        // README's first command.
        Box::new(|| check("demo", demo::check)),
        Box::new(|| check("figures", bench::check)),
    ];
    let tests = test::run(&test::Args::default(), beside);
    let tests = tests.unwrap_or_else(|error| Report::failed(&format!("error: {error:#}")));
    if tests.tally.failed == 0 && tests.coverage.is_known() {
        report += check("table of the kernels", || tests.coverage.compare());
    }
    report += tests;
    println!("{report}");
    Ok(report.tally.exit_code())
}

fn check(name: &str, work: impl FnOnce() -> Result<()>) -> Report {
    progress::note(&format!("checking: {name} …"));
    match work() {
        Ok(()) => Report::passed(),
        Err(error) => {
            let complaint = format!("error: {name}: {error:#}");
            eprintln!("{complaint}");
            Report::failed(&complaint)
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
