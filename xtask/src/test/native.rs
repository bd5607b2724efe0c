//! Tests that need no kernel of their own.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, Result};

use super::Tally;
use crate::{cargo, exec, progress};

/// Runs them with their output on ours.
pub(super) fn run(filter: Option<&str>) -> Result<Tally> {
    let mut test = cargo::for_static_target("test")?;
    test.args(["--workspace", "--exclude", "probe-ebpf", "--no-fail-fast"])
        .args(filter);
    progress::note(&exec::shown(&test));
    let mut child = test
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", exec::shown(&test)))?;
    let output = child.stdout.take().context("cargo has an output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("cannot read what the tests say")?;
        println!("{line}");
        tally += Tally::of_line(&line).unwrap_or_default();
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() && tally.failed == 0 {
        eprintln!("{} failed ({status})", exec::shown(&test));
        tally += Tally::ONE_FAILED;
    }
    Ok(tally)
}
