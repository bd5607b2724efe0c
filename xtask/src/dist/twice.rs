//! The same build in another place, or at least the same packages once more.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Built, deb, rpm};
use crate::{cargo, exec, progress};

/// Packs HEAD once more from another checkout, with another target folder, and compares.
pub(super) fn check(built: &Built, revision: u32) -> Result<()> {
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
    compare(built, &out)
}

/// The cheap part of it: nothing in the program tells where it was built, and packing it once more
/// gives the same bytes.
pub(super) fn check_packing(built: &Built, revision: u32) -> Result<()> {
    let here = cargo::workspace()?.display().to_string();
    if holds(&read(&built.program)?, here.as_bytes()) {
        bail!("the program has {here} in it");
    }
    let again = tempfile::tempdir().context("cannot make a folder for the packages")?;
    progress::step("packing once more", || {
        deb(&built.program, revision, again.path())?;
        rpm(&built.program, revision, again.path())
    })?;
    compare(built, again.path())
}

fn compare(built: &Built, other: &Path) -> Result<()> {
    for package in [&built.deb, &built.rpm] {
        let name = package.file_name().context("a package has a name")?;
        if read(package)? != read(&other.join(name))? {
            bail!("{} has other bytes the second time", name.display());
        }
    }
    Ok(())
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_are_found() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for dir in [&one, &two] {
            fs::write(dir.path().join("a.deb"), "same").unwrap();
            fs::write(dir.path().join("a.rpm"), "same").unwrap();
        }
        let built = Built {
            program: one.path().join("bulkhead"),
            deb: one.path().join("a.deb"),
            rpm: one.path().join("a.rpm"),
        };
        compare(&built, two.path()).unwrap();
        fs::write(two.path().join("a.rpm"), "other").unwrap();
        let error = compare(&built, two.path()).unwrap_err().to_string();
        assert_eq!(error, "a.rpm has other bytes the second time");
        assert!(holds(b"in /tmp/x/y", b"/tmp/x") && !holds(b"in /tmp", b"/tmp/x"));
    }
}
