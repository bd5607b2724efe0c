//! `cargo-deb` and `cargo-generate-rpm`, which make packages.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{cache, exec};

/// Each with its version.
const TOOLS: &[(&str, &str)] = &[("cargo-deb", "3.8.0"), ("cargo-generate-rpm", "0.21.1")];

/// The folder to put on the search path.
pub(crate) fn bin_dir() -> Result<PathBuf> {
    Ok(root()?.join("bin"))
}

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let dir = bin_dir()?;
    let works =
        |(tool, _): &(&str, &str)| exec::succeeds(Command::new(dir.join(tool)).arg("--version"));
    Ok(TOOLS.iter().all(works).then_some(dir))
}

pub(crate) fn make() -> Result<()> {
    cache::publish(&root()?, |dir| {
        for (tool, version) in TOOLS {
            let mut install = Command::new("cargo");
            install.args(["install", tool, "--version", version, "--locked"]);
            exec::quiet(install.arg("--root").arg(dir))?;
        }
        Ok(())
    })
}

fn root() -> Result<PathBuf> {
    let names: Vec<_> = TOOLS
        .iter()
        .map(|(tool, version)| format!("{tool}-{version}"))
        .collect();
    Ok(cache::dir()?.join(names.join("-")))
}
