//! `mount(2)`, `umount2(2)` and `pivot_root(2)`.

use std::{fs, path::Path};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::stat::{Mode, SFlag, makedev, mknod},
};

use super::{Done, Failure, number, take};
use crate::calls;

const NONE: Option<&str> = None;

pub(super) fn mount_tmpfs(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    filesystem("tmpfs", "none", dir)
}

/// The same through the 32-bit entry, where system calls have other numbers.
pub(super) fn mount_tmpfs_32(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    existing(dir)?;
    calls::mount_32("none", dir, "tmpfs")?;
    Ok(String::new())
}

pub(super) fn mount_fs(args: &[&str]) -> Done {
    let [kind, source, dir] = take(args, "TYPE SOURCE DIR")?;
    filesystem(kind, source, dir)
}

/// Makes its own node of a block device and mounts that: nothing in `/dev` is needed.
pub(super) fn mknod_and_mount(args: &[&str]) -> Done {
    let [kind, major, minor, dir] = take(args, "TYPE MAJOR MINOR DIR")?;
    let node = format!("/node-{}", std::process::id());
    let device = makedev(number(major)?, number(minor)?);
    mknod(node.as_str(), SFlag::S_IFBLK, Mode::S_IRUSR, device)?;
    let done = filesystem(kind, &node, dir);
    fs::remove_file(&node)?;
    done
}

/// Layers over directories of its own (CVE-2023-0386 begins so).
pub(super) fn mount_overlay(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    existing(dir)?;
    let layers = Some("lowerdir=/t7:/t8");
    mount(Some("none"), dir, Some("overlay"), MsFlags::empty(), layers)?;
    Ok(String::new())
}

/// A hierarchy of cgroups of the first version, with a `release_agent` in it (CVE-2022-0492).
pub(super) fn mount_cgroup_1(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    existing(dir)?;
    let hierarchy = Some("none,name=bulkhead");
    mount(
        Some("none"),
        dir,
        Some("cgroup"),
        MsFlags::empty(),
        hierarchy,
    )?;
    Ok(String::new())
}

pub(super) fn mount_bind(args: &[&str]) -> Done {
    let [source, target] = take(args, "SOURCE TARGET")?;
    existing(target)?;
    flagged(Some(source), target, MsFlags::MS_BIND | MsFlags::MS_REC)
}

pub(super) fn mount_move(args: &[&str]) -> Done {
    let [source, target] = take(args, "SOURCE TARGET")?;
    existing(target)?;
    flagged(Some(source), target, MsFlags::MS_MOVE)
}

pub(super) fn remount_ro(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    flagged(
        NONE,
        dir,
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY,
    )
}

pub(super) fn make_shared(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    flagged(NONE, dir, MsFlags::MS_SHARED)
}

pub(super) fn umount(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    umount2(dir, MntFlags::MNT_DETACH)?;
    Ok(String::new())
}

/// `DIR` has to be a mount point.
pub(super) fn pivot_root(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    let old = Path::new(dir).join("old");
    existing(&old)?;
    nix::unistd::pivot_root(dir, &old)?;
    Ok(String::new())
}

pub(super) fn existing(dir: impl AsRef<Path>) -> Result<(), Failure> {
    Ok(fs::create_dir_all(dir)?)
}

fn filesystem(kind: &str, source: &str, dir: &str) -> Done {
    existing(dir)?;
    mount(Some(source), dir, Some(kind), MsFlags::empty(), NONE)?;
    Ok(String::new())
}

fn flagged(source: Option<&str>, target: &str, flags: MsFlags) -> Done {
    mount(source, target, NONE, flags, NONE)?;
    Ok(String::new())
}
