//! The disk with Docker and podman that virtual machines start from: Debian 13.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{apt, kernels};
use crate::{cache, exec};

/// What turns any Debian into a host for developing: the disk has the same packages and images.
const PROVISION: &str = include_str!("../../../vagrant/provision.sh");
/// Those of its functions that the disk is made with.
const SHARED: &[&str] = &["packages", "images"];
const SIZE: &str = "4G";
/// Nobody reads these in a virtual machine that lives for a minute.
const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
];
/// What is done inside the new root besides: an image where Docker keeps its own.
const IN_DOCKER: &str = include_str!("debian.sh");

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let image = image()?;
    Ok(image.exists().then_some(image))
}

/// The disk's image; its name changes with what it is made from.
pub(crate) fn image() -> Result<PathBuf> {
    // Stable as long as the compiler is, and a change of that costs a minute.
    let mut key = DefaultHasher::new();
    let shared: Vec<_> = SHARED.iter().map(|name| function(name)).collect();
    (shared, SIZE, LEFT_OUT, IN_DOCKER).hash(&mut key);
    Ok(cache::dir()?.join(format!("root-docker-{:016x}/disk.img", key.finish())))
}

pub(crate) fn make() -> Result<()> {
    let image = image()?;
    let dest = image.parent().context("the image has a folder")?;
    cache::publish(dest, |dir| {
        let tree = dir.join("tree");
        bootstrap(&tree)?;
        for script in [&[PROVISION, "provision.sh", "images"][..], &[IN_DOCKER]] {
            let mut chroot = Command::new("chroot");
            exec::quiet(chroot.arg(&tree).args(["/bin/sh", "-c"]).args(script))?;
        }
        kernels::ext4(&tree, &dir.join("disk.img"), SIZE)?;
        cache::remove(&tree)
    })
}

fn packages() -> Result<Vec<String>> {
    let listed =
        exec::stdout(Command::new("sh").args(["-c", PROVISION, "provision.sh", "packages"]))?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// The text of a function of the shared script; the rest of it is no reason to make the disk again.
fn function(name: &str) -> Option<&'static str> {
    let (_, from) = PROVISION.split_once(&format!("\n{name}() {{\n"))?;
    from.split_once("\n}\n").map(|(body, _)| body)
}

fn bootstrap(tree: &Path) -> Result<()> {
    let list = apt::trixie()?;
    let mut bootstrap = Command::new("mmdebstrap");
    bootstrap.args(["--mode=root", "--variant=minbase"]);
    bootstrap.arg(format!("--include={}", packages()?.join(",")));
    for path in LEFT_OUT {
        bootstrap.arg(format!("--dpkgopt=path-exclude={path}"));
    }
    // Java's set-up does not do without it.
    bootstrap.arg("--essential-hook=mkdir -p \"$1\"/usr/share/man/man1");
    // The machine's own word on whether a mirror may be a little late.
    bootstrap.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    bootstrap.arg("trixie").arg(tree);
    let sources = tree.with_extension("list");
    fs::write(&sources, list).with_context(|| format!("cannot write {}", sources.display()))?;
    exec::quiet(bootstrap.arg(&sources))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_script_names_packages_and_has_what_the_disk_is_made_with() {
        let packages = packages().unwrap();
        for wanted in ["docker.io", "systemd", "busybox-static"] {
            assert!(packages.iter().any(|name| name == wanted), "{packages:?}");
        }
        for name in SHARED {
            assert!(function(name).is_some_and(|body| body.contains("busybox")));
        }
        assert_eq!(function("none"), None);
    }
}
