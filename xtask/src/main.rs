//! Developer commands of Bulkhead: `cargo xtask --help`.

#![forbid(unsafe_code)]

mod bench;
mod build;
mod cache;
mod cargo;
mod ci;
mod demo;
mod dist;
mod exec;
mod kernel;
mod progress;
mod run;
mod setup;
mod test;
mod tidy;
mod vagrant;
mod vm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Sets up, builds, runs and tests Bulkhead.
///
/// A newcomer needs two of these: `cargo xtask demo` and `cargo xtask test`.
/// Both do their own set-up.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Setup(setup::Args),
    Build(build::Args),
    Run(run::Args),
    Vm(vm::Args),
    Demo(demo::Args),
    Bench(bench::Args),
    Dist(dist::Args),
    Test(test::Args),
    Tidy(tidy::Args),
    Ci(ci::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Setup(args) => setup::exec(&args),
        Verb::Build(args) => build::exec(&args),
        Verb::Run(args) => run::exec(&args),
        Verb::Vm(args) => vm::exec(args),
        Verb::Bench(args) => bench::exec(&args),
        Verb::Demo(args) => demo::exec(&args),
        Verb::Dist(args) => dist::exec(&args),
        Verb::Test(args) => test::exec(&args),
        Verb::Tidy(args) => tidy::exec(&args),
        Verb::Ci(args) => ci::exec(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
