//! The disk with Docker and podman that virtual machines start from: Debian 13.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{apt, kernels};
use crate::{cache, exec};

const PACKAGES: &[&str] = &[
    "bubblewrap",
    "buildah",
    "busybox-static",
    "catatonit",
    "containerd",
    "crun",
    "docker-buildx",
    "docker-cli",
    "docker-compose",
    "docker.io",
    "e2fsprogs",
    "gdb",
    "iproute2",
    "iptables",
    "kmod",
    "netavark",
    "nftables",
    "nginx-light",
    "openjdk-21-jre-headless",
    "passt",
    "podman",
    "postgresql",
    "procps",
    "python3-minimal",
    "redis-server",
    "runc",
    "slirp4netns",
    "socat",
    "strace",
    "systemd",
    "systemd-container",
    "uidmap",
    "util-linux",
];
const SIZE: &str = "4G";
/// Nobody reads these in a virtual machine that lives for a minute.
const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
];
/// What is done inside the new root: images of containers out of its own files.
const IMAGES: &[&str] = &[include_str!("busybox.sh"), include_str!("debian.sh")];

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let image = image()?;
    Ok(image.exists().then_some(image))
}

/// The disk's image; its name changes with what it is made from.
pub(crate) fn image() -> Result<PathBuf> {
    // Stable as long as the compiler is, and a change of that costs a minute.
    let mut key = DefaultHasher::new();
    (PACKAGES, SIZE, LEFT_OUT, IMAGES).hash(&mut key);
    Ok(cache::dir()?.join(format!("root-docker-{:016x}/disk.img", key.finish())))
}

pub(crate) fn make() -> Result<()> {
    let image = image()?;
    let dest = image.parent().context("the image has a folder")?;
    cache::publish(dest, |dir| {
        let tree = dir.join("tree");
        bootstrap(&tree)?;
        for script in IMAGES {
            let mut chroot = Command::new("chroot");
            exec::quiet(chroot.arg(&tree).args(["/bin/sh", "-c", script]))?;
        }
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
    // Java's set-up does not do without it.
    bootstrap.arg("--essential-hook=mkdir -p \"$1\"/usr/share/man/man1");
    // The machine's own word on whether a mirror may be a little late.
    bootstrap.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    bootstrap.arg("trixie").arg(tree);
    let sources = tree.with_extension("list");
    fs::write(&sources, list).with_context(|| format!("cannot write {}", sources.display()))?;
    exec::quiet(bootstrap.arg(&sources))
}
