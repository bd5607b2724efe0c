//! Entering namespaces: by file, by pidfd, by a descriptor somebody passed, and back into one's own.

use std::{fs::File, os::fd::OwnedFd};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns, unshare},
};
use rustix::{
    fs::{Mode, OFlags, openat},
    process::{Pid, PidfdFlags, pidfd_open},
};

use super::{Done, Failure, at::directory, files, number, take};
use crate::{calls, gift};

pub(super) fn setns_path(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    setns(File::open(path)?, CloneFlags::empty())?;
    Ok(String::new())
}

pub(super) fn setns_pidfd(args: &[&str]) -> Done {
    let [pid, kind] = take(args, "PID KIND")?;
    let pid = Pid::from_raw(number(pid)?).ok_or(Errno::ESRCH)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    setns(pidfd, clone_flag(kind)?)?;
    Ok(String::new())
}

/// Leaves a namespace of its own and comes back: nothing is gained, so nothing is forbidden.
pub(super) fn setns_own(args: &[&str]) -> Done {
    let [kind] = take(args, "KIND")?;
    let own = File::open(format!("/proc/self/ns/{kind}"))?;
    unshare(clone_flag(kind)?)?;
    setns(own, CloneFlags::empty())?;
    Ok(String::new())
}

/// Asks a host process for one of its namespaces: no file of `/proc` is opened on the way.
pub(super) fn setns_received(args: &[&str]) -> Done {
    let [socket, kind] = take(args, "SOCKET KIND")?;
    setns(gift::ask_namespace(socket, kind)?, clone_flag(kind)?)?;
    Ok(String::new())
}

/// Since 6.12: walks from its own mount namespace to the oldest one, which is the host's.
pub(super) fn setns_mnt_get_prev(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let mut namespace = OwnedFd::from(File::open("/proc/self/ns/mnt")?);
    loop {
        match calls::previous_mount_namespace(&namespace) {
            Ok(older) => namespace = older,
            Err(Errno::ENOENT) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    setns(namespace, CloneFlags::CLONE_NEWNS)?;
    Ok(String::new())
}

/// Enters a namespace whose descriptor this process was started with: no file is opened or received.
pub(super) fn setns_inherited(args: &[&str]) -> Done {
    let [descriptor, kind] = take(args, "FD KIND")?;
    setns(directory(descriptor)?, clone_flag(kind)?)?;
    Ok(String::new())
}

/// The same through the 32-bit entry.
pub(super) fn setns_inherited_32(args: &[&str]) -> Done {
    let [descriptor, kind] = take(args, "FD KIND")?;
    let kind_bits = clone_flag(kind)?.bits().unsigned_abs();
    calls::setns_32(&directory(descriptor)?, kind_bits)?;
    Ok(String::new())
}

pub(super) fn receive_namespace(args: &[&str]) -> Done {
    let [socket, kind] = take(args, "SOCKET KIND")?;
    gift::ask_namespace(socket, kind)?;
    Ok(String::new())
}

/// The network namespace of a socket that was passed.
pub(super) fn namespace_of_socket(args: &[&str]) -> Done {
    const SIOCGSKNS: u32 = 0x894c;
    let [socket] = take(args, "SOCKET")?;
    calls::ioctl_open(&gift::ask(socket, gift::SOCKET)?, SIOCGSKNS)?;
    Ok(String::new())
}

/// Since 6.11: a namespace of a process, by its pidfd.
pub(super) fn namespace_of_pidfd(args: &[&str]) -> Done {
    const PIDFD_GET_NET_NAMESPACE: u32 = 0xff04;
    let [pid] = take(args, "PID")?;
    let pid = Pid::from_raw(number(pid)?).ok_or(Errno::ESRCH)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    calls::ioctl_open(&pidfd, PIDFD_GET_NET_NAMESPACE)?;
    Ok(String::new())
}

/// Makes a namespace, leaves it for another new one, and goes back into the first.
pub(super) fn setns_made(args: &[&str]) -> Done {
    let [kind] = take(args, "KIND")?;
    let flag = clone_flag(kind)?;
    unshare(flag)?;
    let made = File::open(format!("/proc/self/ns/{kind}"))?;
    unshare(flag)?;
    setns(made, flag)?;
    Ok(String::new())
}

/// Reads by way of a directory that was opened before it had mounts of its own.
pub(super) fn read_from_old_mounts(args: &[&str]) -> Done {
    let [dir, path] = take(args, "DIR PATH")?;
    let dir = File::open(dir)?;
    unshare(CloneFlags::CLONE_NEWNS)?;
    files::content(openat(dir, path, OFlags::RDONLY, Mode::empty())?.into())
}

pub(super) fn unshare_user(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    Ok(String::new())
}

fn clone_flag(kind: &str) -> Result<CloneFlags, Failure> {
    Ok(match kind {
        "mnt" => CloneFlags::CLONE_NEWNS,
        "pid" => CloneFlags::CLONE_NEWPID,
        "net" => CloneFlags::CLONE_NEWNET,
        "ipc" => CloneFlags::CLONE_NEWIPC,
        "uts" => CloneFlags::CLONE_NEWUTS,
        "user" => CloneFlags::CLONE_NEWUSER,
        "cgroup" => CloneFlags::CLONE_NEWCGROUP,
        other => return Err(Failure::Usage(format!("no namespace is called {other}"))),
    })
}
