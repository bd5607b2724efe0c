//! Debian's cloud kernels, unpacked into the cache with a disk of their modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::apt::Apt;
use crate::kernel::Kernel;
use crate::{cache, exec};

const SUFFIX: &str = "-cloud-amd64";

pub(crate) fn found(kernel: Kernel) -> Result<Option<PathBuf>> {
    let dir = kernel.dir()?;
    Ok(dir.join("release").exists().then_some(dir))
}

pub(crate) fn make(kernel: Kernel) -> Result<()> {
    let apt = Apt::guest()?;
    apt.refresh()?;
    let names = apt.names("linux-")?;
    let Some(release) = newest(&names, kernel.series()) else {
        bail!("Debian has no cloud kernel {kernel}");
    };
    cache::publish(&kernel.dir()?, |dir| {
        let tree = cache::sub(dir, "unpacked")?;
        for package in packages_of(&names, &release) {
            apt.unpack(&package, &tree)?;
        }
        take_apart(&tree, dir, &release)?;
        cache::remove(&tree)?;
        fs::write(dir.join("release"), format!("{release}\n")).context("cannot write the release")
    })
}

/// From what the packages hold to `vmlinuz` and `modules.img`.
fn take_apart(tree: &Path, dir: &Path, release: &str) -> Result<()> {
    // Debian moved /lib into /usr between these kernels.
    let modules = [
        format!("usr/lib/modules/{release}"),
        format!("lib/modules/{release}"),
    ];
    let modules = modules
        .iter()
        .map(|path| tree.join(path))
        .find(|path| path.is_dir());
    let modules = modules.with_context(|| format!("the packages hold no modules of {release}"))?;

    let kernel = [
        tree.join(format!("boot/vmlinuz-{release}")),
        modules.join("vmlinuz"),
    ];
    let kernel = kernel.iter().find(|path| path.is_file());
    let kernel = kernel.with_context(|| format!("the packages hold no kernel {release}"))?;
    fs::rename(kernel, dir.join("vmlinuz")).context("cannot move the kernel")?;

    let disk = cache::sub(tree, "disk")?;
    let base = cache::sub(&disk, "lib/modules")?;
    fs::rename(&modules, base.join(release)).context("cannot move the modules")?;
    // An emulated processor would unpack them at every boot.
    let mut unpack = Command::new("find");
    unpack
        .arg(&disk)
        .args(["-name", "*.ko.xz", "-exec", "xz", "--decompress", "{}", "+"]);
    exec::quiet(&mut unpack)?;
    exec::quiet(
        Command::new("depmod")
            .arg("--basedir")
            .arg(&disk)
            .arg(release),
    )?;
    ext4(&base, &dir.join("modules.img"), "512M")
}

/// A disk image with what a folder holds.
pub(crate) fn ext4(from: &Path, image: &Path, size: &str) -> Result<()> {
    let mut make = Command::new("mke2fs");
    make.args(["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d"]);
    exec::quiet(make.arg(from).arg(image).arg(size))
}

/// The highest release of a series among package names.
fn newest(names: &[String], series: &str) -> Option<String> {
    let release = |name: &String| {
        let release = name.strip_prefix("linux-image-")?;
        let version = release.strip_suffix(SUFFIX)?.strip_prefix(series)?;
        version.starts_with('.').then(|| release.to_owned())
    };
    names
        .iter()
        .filter_map(release)
        .max_by_key(|release| numbers(release))
}

/// A kernel is one package, and from 7.x three.
fn packages_of(names: &[String], release: &str) -> Vec<String> {
    let parts = ["image", "binary", "modules"].map(|part| format!("linux-{part}-{release}"));
    parts
        .into_iter()
        .filter(|part| names.contains(part))
        .collect()
}

fn numbers(release: &str) -> Vec<u32> {
    release
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_series_is_taken() {
        let names = [
            "linux-image-6.12.95+deb12-cloud-amd64",
            "linux-image-6.12.107+deb13-cloud-amd64",
            "linux-image-6.12.107+deb13-cloud-amd64-dbg",
            "linux-image-6.12.120+deb13-cloud-amd64-unsigned",
            "linux-image-6.1.0-50-cloud-amd64",
            "linux-image-6.1.0-47-cloud-amd64",
            "linux-image-cloud-amd64",
        ];
        let names = names.map(str::to_owned);
        let newest = |series| newest(&names, series);
        assert_eq!(
            newest("6.12").as_deref(),
            Some("6.12.107+deb13-cloud-amd64")
        );
        assert_eq!(newest("6.1").as_deref(), Some("6.1.0-50-cloud-amd64"));
        assert_eq!(newest("7.3"), None);
    }
}
