//! One file a verb.

mod applied;
mod check;
mod completions;
mod doctor;
mod explain;
mod learn;
mod man;
mod ps;
mod reload;
mod run;
mod status;
mod tail;
mod trial;
mod unload;
mod why;

use std::{
    io::{self, ErrorKind, Write, stdout},
    path::Path,
    process::ExitCode,
};

use crate::{
    canary,
    cli::{Cli, Command},
    exit::Exit,
};

pub fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Run(args) => {
            log_to_stderr(if args.kernel_log { "debug" } else { "warn" });
            run::run(args, &cli.run_dir).map(Exit::into)
        }
        Command::Tail(args) => tail::tail(args, &cli.run_dir).map(Exit::into),
        Command::Status(args) => status::status(args, &cli.run_dir),
        Command::Check(args) => check::check(args, Path::new("/")).map(Exit::into),
        Command::Explain(args) => explain::explain(args).map(Exit::into),
        Command::Ps(args) => ps::ps(args, &cli.run_dir).map(Exit::into),
        Command::Why(args) => why::why(args, &cli.run_dir).map(Exit::into),
        Command::Reload(_) => reload::reload(&cli.run_dir).map(Exit::into),
        Command::Try(args) => trial::trial(args, &cli.run_dir).map(Exit::into),
        Command::Unload => unload::unload(&cli.run_dir).map(Exit::into),
        Command::Learn(args) => learn::learn(args, &cli.run_dir).map(Exit::into),
        Command::Canary { cgroup } => {
            // Its status is for the agent that started it, which knows no other numbers.
            Ok(ExitCode::from(
                u8::try_from(canary::child(cgroup)).unwrap_or(u8::MAX),
            ))
        }
        Command::Doctor(args) => doctor::doctor(args).map(Exit::into),
        Command::Man { folder } => man::man(folder).map(Exit::into),
        Command::Completions { shell } => completions::completions(*shell).map(Exit::into),
    }
}

/// Prints what was asked for. Who reads it may have had enough.
fn print(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e),
        _ => Ok(()),
    }
}

/// `RUST_LOG` says otherwise.
fn log_to_stderr(level: &str) {
    let env = env_logger::Env::default().default_filter_or(level);
    env_logger::Builder::from_env(env)
        .format(|out, record| {
            let level = record.level().as_str().to_ascii_lowercase();
            writeln!(out, "bulkhead: {level}: {}", record.args())
        })
        .init();
}
