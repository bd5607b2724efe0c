//! `cargo xtask tidy`: the house rules that a machine can check.

mod machine;
mod rules;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::{cargo, exec};

/// Checks the house rules that a machine can check, and lists what breaks them.
///
/// Hand-written files of at most 400 lines, hooks of at most 60; `unsafe` only where it is allowed;
/// no unfinished code and no ignored tests; a test for every rule in docs/rules.md, and no
/// test named there that is not; nothing of this very machine (its mirrors' names, its folders) in any file.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// One broken rule.
struct Finding {
    /// Relative to the workspace.
    file: PathBuf,
    /// From 1; 0 is the whole file.
    line: usize,
    what: String,
}

/// A file of the repository.
#[derive(Clone)]
struct Text {
    /// Relative to the workspace.
    path: PathBuf,
    text: String,
}

pub(crate) fn exec(_: &Args) -> Result<ExitCode> {
    check()?;
    Ok(ExitCode::SUCCESS)
}

/// Lists what breaks the rules; an error if anything does.
pub(crate) fn check() -> Result<()> {
    let root = cargo::workspace()?;
    let texts = texts(root)?;
    let mut findings = source::check(&texts);
    findings.extend(rules::check(&texts));
    findings.extend(machine::check(&texts, root));
    for Finding { file, line, what } in &findings {
        println!("{}:{line}: {what}", file.display());
    }
    if !findings.is_empty() {
        bail!("house rules broken: {}", findings.len());
    }
    Ok(())
}

/// Every text file that is in the repository or about to be.
fn texts(root: &Path) -> Result<Vec<Text>> {
    let mut list = Command::new("git");
    list.current_dir(root)
        .args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut texts = Vec::new();
    for path in exec::stdout(&mut list)?.lines().map(PathBuf::from) {
        let full = root.join(&path);
        // Deleted, but not yet in the index; or a link to a folder.
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("cannot read {}", full.display()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push(Text { path, text });
        }
    }
    Ok(texts)
}
