//! The disk with Docker and podman that virtual machines start from: Debian 13.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{apt, kernels};
use crate::{cache, exec};

const PACKAGES: &[&str] = &[
    "busybox-static",
    "containerd",
    "crun",
    "docker-cli",
    "docker.io",
    "e2fsprogs",
    "iproute2",
    "kmod",
    "podman",
    "procps",
    "python3-minimal",
    "runc",
    "strace",
    "util-linux",
];
const SIZE: &str = "4G";
/// Nobody reads these in a virtual machine that lives for a minute.
const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
];
/// Makes a small image for `docker import` out of the root's own busybox.
const BUSYBOX: &str = include_str!("busybox.sh");

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let image = image()?;
    Ok(image.exists().then_some(image))
}

/// The disk's image; its name changes with what it is made from.
pub(crate) fn image() -> Result<PathBuf> {
    // Stable as long as the compiler is, and a change of that costs a minute.
    let mut key = DefaultHasher::new();
    (PACKAGES, SIZE, LEFT_OUT, BUSYBOX).hash(&mut key);
    Ok(cache::dir()?.join(format!("root-docker-{:016x}/disk.img", key.finish())))
}

pub(crate) fn make() -> Result<()> {
    let image = image()?;
    let dest = image.parent().context("the image has a folder")?;
    cache::publish(dest, |dir| {
        let tree = dir.join("tree");
        bootstrap(&tree)?;
        exec::quiet(
            Command::new("chroot")
                .arg(&tree)
                .args(["/bin/sh", "-c", BUSYBOX]),
        )?;
        kernels::ext4(&tree, &dir.join("disk.img"), SIZE)?;
        cache::remove(&tree)
    })
}

fn bootstrap(tree: &Path) -> Result<()> {
    let list = apt::trixie()?;
    let mut bootstrap = Command::new("mmdebstrap");
    bootstrap.args(["--mode=root", "--variant=minbase"]);
    bootstrap.arg(format!("--include={}", PACKAGES.join(",")));
    for path in LEFT_OUT {
        bootstrap.arg(format!("--dpkgopt=path-exclude={path}"));
    }
    // The machine's own word on whether a mirror may be a little late.
    bootstrap.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    bootstrap.arg("trixie").arg(tree);
    let sources = tree.with_extension("list");
    fs::write(&sources, list).with_context(|| format!("cannot write {}", sources.display()))?;
    exec::quiet(bootstrap.arg(&sources))
}
