//! The source of Rust's library, from which `core` is built for the BPF target.
//!
//! From rustup where it can reach its server, else from Debian's package of exactly this version.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::apt::Apt;
use crate::{cache, exec};

/// How long rustup may take before Debian is asked instead.
const PATIENCE: &str = "60";

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let library = library()?;
    Ok(library.join("Cargo.lock").exists().then_some(library))
}

pub(crate) fn make() -> Result<()> {
    let mut rustup = Command::new("timeout");
    rustup.args([PATIENCE, "rustup", "component", "add", "rust-src"]);
    if exec::succeeds(&mut rustup) && found()?.is_some() {
        return Ok(());
    }
    let version = compiler_version()?;
    let cached = cache::dir()?.join(format!("rust-src-{version}"));
    if !cached.exists() {
        from_debian(&version, &cached)?;
    }
    link(&debian_library(&cached, &version), &library()?)
}

fn from_debian(version: &str, dest: &Path) -> Result<()> {
    let apt = Apt::guest()?;
    apt.refresh()?;
    let wanted = format!("{version}+");
    let package = apt
        .versions("rust-src")?
        .into_iter()
        .find(|found| found.starts_with(&wanted));
    let Some(package) = package else {
        bail!("neither rustup nor Debian has rust-src for rustc {version}");
    };
    cache::publish(dest, |dir| {
        apt.unpack(&format!("rust-src={package}"), dir)?;
        let lock = debian_library(dir, version).join("Cargo.lock");
        fs::metadata(&lock)
            .with_context(|| format!("Debian's package has no {}", lock.display()))?;
        Ok(())
    })
}

fn debian_library(unpacked: &Path, version: &str) -> PathBuf {
    unpacked.join(format!("usr/src/rustc-{version}/library"))
}

fn link(source: &Path, dest: &Path) -> Result<()> {
    let parent = dest.parent().context("the library folder has a parent")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    // A link to a cache that was deleted, or half a download of rustup's.
    if dest.is_symlink() {
        fs::remove_file(dest).with_context(|| format!("cannot remove {}", dest.display()))?;
    }
    cache::remove(dest)?;
    symlink(source, dest).with_context(|| format!("cannot link {}", dest.display()))
}

fn library() -> Result<PathBuf> {
    let sysroot = exec::stdout(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library"))
}

/// As in `1.95.0`.
fn compiler_version() -> Result<String> {
    let said = exec::stdout(Command::new("rustc").arg("--version"))?;
    let version = said
        .split_whitespace()
        .nth(1)
        .context("rustc does not tell its version")?;
    Ok(version.to_owned())
}
