//! Files by way of a directory that this process was started with (CVE-2024-21626 and its kin).

use std::os::fd::OwnedFd;

use rustix::{
    fs::{
        AtFlags, CWD, FileType, Gid, Mode, OFlags, Uid, chmodat, chownat, linkat, mkdirat, mknodat,
        openat, renameat, symlinkat, unlinkat,
    },
    process::{chroot, fchdir},
};

use super::{Done, Failure, files, number, set_up::said, take};
use crate::raw;

const READABLE: Mode = Mode::RUSR;

pub(super) fn read_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    let file = openat(directory(dir)?, path, OFlags::RDONLY, Mode::empty())?;
    files::content(file.into())
}

pub(super) fn create_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
    openat(directory(dir)?, path, flags, READABLE)?;
    done()
}

pub(super) fn unlink_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    unlinkat(directory(dir)?, path, AtFlags::empty())?;
    done()
}

pub(super) fn rmdir_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    unlinkat(directory(dir)?, path, AtFlags::REMOVEDIR)?;
    done()
}

pub(super) fn mkdir_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    mkdirat(directory(dir)?, path, Mode::RWXU)?;
    done()
}

pub(super) fn mkfifo_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    mknodat(directory(dir)?, path, FileType::Fifo, READABLE, 0)?;
    done()
}

pub(super) fn symlink_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    symlinkat("/nowhere", directory(dir)?, path)?;
    done()
}

pub(super) fn link_at(args: &[&str]) -> Done {
    let [dir, path, new] = take(args, "FD PATH NEW")?;
    let dir = directory(dir)?;
    linkat(&dir, path, &dir, new, AtFlags::empty())?;
    done()
}

pub(super) fn rename_at(args: &[&str]) -> Done {
    let [dir, path, new] = take(args, "FD PATH NEW")?;
    let dir = directory(dir)?;
    renameat(&dir, path, &dir, new)?;
    done()
}

pub(super) fn chmod_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    chmodat(directory(dir)?, path, READABLE, AtFlags::empty())?;
    done()
}

pub(super) fn chown_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    let (user, group) = (Some(Uid::ROOT), Some(Gid::ROOT));
    chownat(directory(dir)?, path, user, group, AtFlags::empty())?;
    done()
}

/// There is no `truncateat`.
pub(super) fn truncate_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    let path = format!("/proc/self/fd/{dir}/{path}");
    nix::unistd::truncate(path.as_str(), 0)?;
    done()
}

pub(super) fn chroot_to(args: &[&str]) -> Done {
    let [dir] = take(args, "FD")?;
    fchdir(directory(dir)?)?;
    chroot(".")?;
    done()
}

/// Goes there and reads by plain paths.
pub(super) fn read_below(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    fchdir(directory(dir)?)?;
    files::content(openat(CWD, path, OFlags::RDONLY, Mode::empty())?.into())
}

/// Runs a program that lies there; it has to succeed.
pub(super) fn exec_at(args: &[&str]) -> Done {
    let Some(([dir, program], rest)) = args.split_first_chunk() else {
        return Err(Failure::Usage("arguments: FD PROGRAM ARGS…".to_owned()));
    };
    let program = format!("/proc/self/fd/{dir}/{program}");
    said(std::process::Command::new(program).args(rest))
}

pub(super) fn directory(descriptor: &str) -> Result<OwnedFd, Failure> {
    Ok(raw::inherited(number(descriptor)?)?)
}

fn done() -> Done {
    Ok(String::new())
}
