//! What is made for the packages besides the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cache, exec};

/// Shell, folder and name of its completions.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "bulkhead"),
    ("zsh", "_bulkhead"),
    ("fish", "bulkhead.fish"),
];

/// Has the program write its manual pages and completions.
pub(super) fn fill(program: &Path, dir: &Path) -> Result<()> {
    cache::remove(dir)?;
    let man = cache::sub(dir, "man")?;
    exec::quiet(Command::new(program).arg("man").arg(&man))?;
    // In order, and without their own time: the same bytes each time.
    let mut pack = Command::new("sh");
    exec::quiet(pack.current_dir(&man).args(["-c", "gzip -9n ./*"]))?;
    for (shell, name) in COMPLETIONS {
        let path = cache::sub(dir, shell)?.join(name);
        let script = exec::stdout(Command::new(program).args(["completions", shell]))?;
        fs::write(&path, script).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Cargo's target folder, out of the path of a program that it built for one target.
pub(super) fn target(program: &Path) -> Result<&Path> {
    program
        .ancestors()
        .nth(3)
        .context("the program is in cargo's target folder")
}
