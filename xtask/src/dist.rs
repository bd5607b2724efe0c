//! `cargo xtask dist`: packages.

mod contents;
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
}

/// The packages of one build.
pub(crate) struct Packages {
    pub(crate) deb: PathBuf,
    pub(crate) rpm: PathBuf,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let packages = make(args.revision, args.out.as_deref())?;
    if args.check {
        twice::check(&packages, args.revision)?;
    }
    println!("{}\n{}", packages.deb.display(), packages.rpm.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds and packs.
pub(crate) fn make(revision: u32, out: Option<&Path>) -> Result<Packages> {
    setup::ensure(setup::DIST)?;
    let program = build::agent(true, false)?;
    let dir = program.parent().context("the program has a folder")?;
    stage::fill(&program, &dir.join("dist"))?;
    let out = match out {
        Some(out) => out.to_owned(),
        None => stage::target(&program)?.join("dist"),
    };
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let packages = progress::step("packing", || pack(revision, &program, &out))?;
    contents::compare(&packages)?;
    Ok(packages)
}

fn pack(revision: u32, program: &Path, out: &Path) -> Result<Packages> {
    let version = env!("CARGO_PKG_VERSION");
    let deb = out.join(format!("bulkhead_{version}-{revision}_amd64.deb"));
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

    let rpm = out.join(format!("bulkhead-{version}-{revision}.x86_64.rpm"));
    let mut make = packager(program, "generate-rpm")?;
    make.args(["--package", "agent", "--payload-compress", "xz"]);
    make.arg("--set-metadata")
        .arg(format!("release = \"{revision}\""));
    exec::quiet(
        make.args(["--target", cargo::TARGET])
            .arg("--output")
            .arg(&rpm),
    )?;
    Ok(Packages { deb, rpm })
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
