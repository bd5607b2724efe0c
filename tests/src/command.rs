//! Programs that a scenario runs to their end.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::outcome::{NOT_TRIED, Outcome};

/// Seconds after which a program counts as stuck: `docker run` takes 4 under emulation.
const PATIENCE: &str = "90";

/// What makes the program that follows one of a user without any right.
pub const NOBODY: &[&str] = &[
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
];

/// Runs a program with a deadline; its output is both streams.
///
/// # Errors
/// If it cannot be started.
pub fn run(argv: &[&str]) -> Result<Outcome> {
    run_with(argv, "")
}

/// The same, with something on its standard input.
///
/// # Errors
/// If it cannot be started or fed.
pub fn run_with(argv: &[&str], input: &str) -> Result<Outcome> {
    let mut child = Command::new("timeout")
        .args(["-k", "5", PATIENCE])
        .args(argv)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("run {argv:?}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading is judged by its status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child
        .wait_with_output()
        .with_context(|| format!("run {argv:?}"))?;
    let streams = [output.stdout, output.stderr].concat();
    Ok(Outcome {
        status: output.status.code().unwrap_or(NOT_TRIED.into()),
        output: String::from_utf8_lossy(&streams).into_owned(),
    })
}

/// Runs a program that has to succeed, and gives its output without the last line feed.
///
/// # Errors
/// If it does not succeed; with what it said.
pub fn must(argv: &[&str]) -> Result<String> {
    succeeded(argv, run(argv)?)
}

/// The same, with something on its standard input.
///
/// # Errors
/// If it does not succeed; with what it said.
pub fn must_with(argv: &[&str], input: &str) -> Result<String> {
    succeeded(argv, run_with(argv, input)?)
}

fn succeeded(argv: &[&str], outcome: Outcome) -> Result<String> {
    let (status, said) = (outcome.status, outcome.output.trim_end());
    ensure!(status == 0, "{}: status {status}: {said}", argv.join(" "));
    Ok(said.to_owned())
}
