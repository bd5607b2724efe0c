//! The same build in another place.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::Packages;
use crate::{cargo, exec, progress};

/// Packs HEAD once more from another checkout, with another target folder, and compares.
pub(super) fn check(packages: &Packages, revision: u32) -> Result<()> {
    let elsewhere = tempfile::tempdir().context("cannot make a folder for another checkout")?;
    let checkout = elsewhere.path().join("another/checkout");
    let mut clone = Command::new("git");
    clone
        .args(["clone", "--quiet"])
        .arg(cargo::workspace()?)
        .arg(&checkout);
    exec::quiet(&mut clone)?;
    let out = elsewhere.path().join("out");
    progress::step("building everything once more", || {
        let mut dist = Command::new("cargo");
        dist.current_dir(&checkout)
            .env("CARGO_TARGET_DIR", elsewhere.path().join("target"));
        dist.args([
            "xtask",
            "dist",
            "--revision",
            &revision.to_string(),
            "--out",
        ]);
        exec::quiet(dist.arg(&out))
    })?;
    for package in [&packages.deb, &packages.rpm] {
        let name = package.file_name().context("a package has a name")?;
        let same = read(package)? == read(&out.join(name))?;
        if !same {
            bail!(
                "{} has other bytes when it is built elsewhere",
                name.display()
            );
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
