//! Shell scripts that do what people do, and fail where something is not as it should be.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Seconds for one script: three emulated services take a minute to start.
const PATIENCE: &str = "300";
/// Lines that a failed script may show.
const LAST: usize = 40;

/// A name and a script for `sh`, which fails at its first command that does.
pub type Workload = (&'static str, &'static str);

/// Runs a script to its end.
///
/// # Errors
/// If a command in it fails; with what was done and said last.
pub fn run((name, script): &Workload) -> Result<()> {
    let output = Command::new("timeout")
        .args(["-k", "5", PATIENCE, "sh", "-euxc"])
        .arg(format!("exec 2>&1\n{script}"))
        .arg(name)
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("run the workload {name}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    let last = lines.split_at(lines.len().saturating_sub(LAST)).1;
    ensure!(
        output.status.success(),
        "{name}: {}: {}",
        output.status,
        last.join("\n")
    );
    Ok(())
}
