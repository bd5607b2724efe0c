//! Tests that need no kernel of their own.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, Result};

use super::Report;
use crate::{cargo, exec, progress};

/// Runs them with their output on ours.
pub(super) fn run(filter: Option<&str>) -> Result<Report> {
    let mut test = cargo::for_static_target("test")?;
    test.args(["--workspace", "--exclude", "probe-ebpf", "--no-fail-fast"])
        .args(filter);
    progress::note(&exec::shown(&test));
    let mut child = test
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", exec::shown(&test)))?;
    let output = child.stdout.take().context("cargo has an output")?;
    let mut report = Report::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("cannot read what the tests say")?;
        report.hear(None, &line);
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() && report.tally.failed == 0 {
        let complaint = format!("error: {} failed ({status})", exec::shown(&test));
        report += Report::failed(&complaint);
    }
    Ok(report)
}
