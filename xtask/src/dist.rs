//! `cargo xtask dist`: packages.

mod contents;
mod installed;
mod stage;
mod twice;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::{build, cargo, exec, progress, setup};

/// Builds `bulkhead` as it is shipped, and a .deb and an .rpm of it; prints their paths.
///
/// Both have the program, the systemd unit, a policy in audit mode, manual pages, completions for
/// bash, zsh and fish, and the documents; it fails if one has a file that the other lacks.
/// The times in them are that of the commit, so two builds of one commit give the same bytes,
/// wherever they are made.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which package of this version it is
    #[arg(long, value_name = "N", default_value = "1")]
    revision: u32,

    /// Where the packages go [default: the folder `dist` in cargo's target folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Builds everything once more, from a checkout of HEAD elsewhere, and fails if one byte is
    /// another; takes as long again
    #[arg(long)]
    check: bool,

    /// Installs the .deb in a virtual machine that systemd starts, attacks, reboots, upgrades,
    /// removes
    #[arg(long = "try")]
    try_it: bool,
}

/// What one build makes.
struct Built {
    program: PathBuf,
    deb: PathBuf,
    rpm: PathBuf,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let built = make(args.revision, args.out.clone())?;
    if args.check {
        twice::check(&built, args.revision)?;
    }
    if args.try_it {
        try_it(&built, args.revision)?;
    }
    println!("{}\n{}", built.deb.display(), built.rpm.display());
    Ok(ExitCode::SUCCESS)
}

/// Packages can be made, and do what they should where they are installed.
pub(crate) fn check() -> Result<()> {
    const REVISION: u32 = 1;
    let built = make(REVISION, None)?;
    twice::check_packing(&built, REVISION)?;
    try_it(&built, REVISION)
}

fn try_it(built: &Built, revision: u32) -> Result<()> {
    let later = tempfile::tempdir().context("cannot make a folder for a later package")?;
    let second = progress::step("packing a later package", || {
        deb(&built.program, revision + 1, later.path())
    })?;
    installed::check(&built.program, &built.deb, &second)
}

/// Builds and packs.
fn make(revision: u32, out: Option<PathBuf>) -> Result<Built> {
    setup::ensure(setup::DIST)?;
    let program = build::agent(true, &[])?;
    let dir = program.parent().context("the program has a folder")?;
    stage::fill(&program, &dir.join("dist"))?;
    let out = match out {
        Some(out) => out,
        None => stage::target(&program)?.join("dist"),
    };
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let (deb, rpm) = progress::step("packing", || {
        Ok((
            deb(&program, revision, &out)?,
            rpm(&program, revision, &out)?,
        ))
    })?;
    contents::compare(&deb, &rpm)?;
    Ok(Built { program, deb, rpm })
}

fn deb(program: &Path, revision: u32, out: &Path) -> Result<PathBuf> {
    let deb = out.join(format!("bulkhead_{}-{revision}_amd64.deb", version()));
    let mut make = packager(program, "deb")?;
    make.args([
        "--quiet",
        "--package",
        "bulkhead",
        "--no-build",
        "--no-strip",
    ]);
    make.arg("--deb-revision").arg(revision.to_string());
    exec::quiet(
        make.args(["--target", cargo::TARGET])
            .arg("--output")
            .arg(&deb),
    )?;
    Ok(deb)
}

fn rpm(program: &Path, revision: u32, out: &Path) -> Result<PathBuf> {
    let rpm = out.join(format!("bulkhead-{}-{revision}.x86_64.rpm", version()));
    let mut make = packager(program, "generate-rpm")?;
    make.args(["--package", "agent", "--payload-compress", "xz"]);
    make.arg("--set-metadata")
        .arg(format!("release = \"{revision}\""));
    exec::quiet(
        make.args(["--target", cargo::TARGET])
            .arg("--output")
            .arg(&rpm),
    )?;
    Ok(rpm)
}

/// One for the whole workspace.
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// One of cargo's helpers, which find the program by cargo's target folder.
fn packager(program: &Path, verb: &str) -> Result<Command> {
    let mut commit = Command::new("git");
    commit
        .current_dir(cargo::workspace()?)
        .args(["log", "-1", "--format=%ct"]);
    let mut make = cargo::command()?;
    make.env("SOURCE_DATE_EPOCH", exec::stdout(&mut commit)?.trim());
    make.env("CARGO_TARGET_DIR", stage::target(program)?);
    make.arg(verb);
    Ok(make)
}
