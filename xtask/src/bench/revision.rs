//! The agent of another revision, built by that revision's own `cargo xtask build`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cache, cargo, exec, progress};

pub(super) const AGENT: &str = "bulkhead";

/// A folder with its [`AGENT`].
pub(super) fn agent(revision: &str) -> Result<PathBuf> {
    let mut parse = git();
    parse.args(["rev-parse", "--verify", "--quiet"]);
    let commit = exec::stdout(parse.arg(format!("{revision}^{{commit}}")))
        .with_context(|| format!("{revision} is no revision"))?;
    let commit = commit.trim();
    let dest = cache::dir()?.join(format!("agent-{commit}"));
    if !dest.exists() {
        let _lock = cache::lock()?;
        progress::step(&format!("building bulkhead of {revision}"), || {
            cache::publish(&dest, |dir| build(commit, &dir.join(AGENT)))
        })?;
    }
    Ok(dest)
}

fn build(commit: &str, agent: &std::path::Path) -> Result<()> {
    let tree = tempfile::tempdir().context("cannot make a folder for the revision")?;
    let mut add = git();
    add.args(["worktree", "add", "--quiet", "--detach", "--force"]);
    exec::quiet(add.arg(tree.path()).arg(commit))?;
    let mut build = Command::new("cargo");
    build
        .current_dir(&tree)
        .args(["xtask", "build", "--release"]);
    // What is built here is no revision's but this one's.
    build.env("CARGO_TARGET_DIR", tree.path().join("target"));
    let built = exec::stdout(&mut build);
    let copied = built.and_then(|said| {
        let path = said.lines().last().context("its build names no program")?;
        fs::copy(path, agent).with_context(|| format!("cannot copy {path}"))
    });
    exec::quiet(
        git()
            .args(["worktree", "remove", "--force"])
            .arg(tree.path()),
    )?;
    copied.map(drop)
}

fn git() -> Command {
    let mut git = Command::new("git");
    if let Ok(workspace) = cargo::workspace() {
        git.current_dir(workspace);
    }
    git
}
