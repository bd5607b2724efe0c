//! Files: the fruits of an escape, and the settings that lead to one.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::{fd::AsRawFd, unix::fs::MetadataExt},
};

use nix::sched::{CloneFlags, unshare};
use rustix::fs::{Mode, OFlags};

use super::{Done, take};
use crate::{calls, gift, raw::Entry};

/// At most this much of a file is taken as evidence.
pub(super) const EVIDENCE: u64 = 64 * 1024;

pub(super) fn read(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    content(File::open(path)?)
}

/// Opens for reading, and leaves it at that.
pub(super) fn open(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    File::open(path)?;
    Ok(String::new())
}

/// What is behind a descriptor that a host process has passed.
pub(super) fn read_received(args: &[&str]) -> Done {
    let [socket, path] = take(args, "SOCKET PATH")?;
    content(gift::ask(socket, path)?.into())
}

pub(super) fn content(file: File) -> Done {
    let mut bytes = Vec::new();
    file.take(EVIDENCE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn write(args: &[&str]) -> Done {
    let [path, text] = take(args, "PATH TEXT")?;
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(String::new())
}

/// Writes what is there already.
pub(super) fn rewrite(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let text = fs::read_to_string(path)?;
    write(&[path, &text])
}

/// The same by a directory opened before the network namespace was left.
pub(super) fn rewrite_after_leaving_the_network(args: &[&str]) -> Done {
    let [directory, name] = take(args, "DIRECTORY NAME")?;
    let text = fs::read_to_string(format!("{directory}/{name}"))?;
    let directory = File::open(directory)?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    let file = rustix::fs::openat(&directory, name, OFlags::WRONLY, Mode::empty())?;
    File::from(file).write_all(text.as_bytes())?;
    Ok(String::new())
}

/// Gives a file the permissions that it has.
pub(super) fn keep_mode(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    fs::set_permissions(path, fs::metadata(path)?.permissions())?;
    Ok(String::new())
}

/// Gives a file the owner that it has.
pub(super) fn keep_owner(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let has = fs::metadata(path)?;
    std::os::unix::fs::chown(path, Some(has.uid()), Some(has.gid()))?;
    Ok(String::new())
}

/// Makes a directory and removes it.
pub(super) fn make_dir(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    fs::create_dir(path)?;
    fs::remove_dir(path)?;
    Ok(String::new())
}

/// Where it is in the hierarchy of version 2, as its cgroup namespace shows it.
fn own_cgroup() -> std::io::Result<String> {
    let all = fs::read_to_string("/proc/self/cgroup")?;
    let own = all.lines().find_map(|line| line.strip_prefix("0::"));
    Ok(own.unwrap_or_default().to_owned())
}

/// Moves itself into the cgroup that it is in, where it could as well move another.
pub(super) fn move_into_own_cgroup(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let own = own_cgroup()?;
    write(&[&format!("/sys/fs/cgroup{own}/cgroup.procs"), "0"])
}

/// Opens for writing, and leaves it at that.
pub(super) fn open_writable(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    OpenOptions::new().write(true).open(path)?;
    Ok(String::new())
}

/// The same through the 32-bit entry.
pub(super) fn open_writable_32(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    calls::open_for_writing(Entry::Compat, path)?;
    Ok(String::new())
}

/// The same by way of a descriptor that can only be read.
pub(super) fn reopen_writable(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let readable = File::open(path)?;
    open_writable(&[&format!("/proc/self/fd/{}", readable.as_raw_fd())])
}

/// A container that manages cgroups below its own, as systemd in a container does.
pub(super) fn use_own_cgroup(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let own = own_cgroup()?;
    let (own, below) = (
        format!("/sys/fs/cgroup{own}"),
        format!("/sys/fs/cgroup{own}/below"),
    );
    fs::create_dir(&below)?;
    write(&[&format!("{below}/cgroup.procs"), "0"])?;
    write(&[&format!("{own}/cgroup.procs"), "0"])?;
    fs::remove_dir(&below)?;
    Ok(String::new())
}

pub(super) fn readlink(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    Ok(nix::fcntl::readlink(path)?.to_string_lossy().into_owned())
}
