//! Entering namespaces: by file, by pidfd, by a descriptor somebody passed, and back into one's own.

use std::{fs::File, os::fd::OwnedFd};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns, unshare},
};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{Done, Failure, number, take};
use crate::{gift, raw};

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
    setns(gift::ask(socket, kind)?, clone_flag(kind)?)?;
    Ok(String::new())
}

/// The same through the 32-bit entry.
pub(super) fn setns_received_32(args: &[&str]) -> Done {
    let [socket, kind] = take(args, "SOCKET KIND")?;
    let kind_bits = clone_flag(kind)?.bits().unsigned_abs();
    raw::setns_32(&gift::ask(socket, kind)?, kind_bits)?;
    Ok(String::new())
}

/// Since 6.12: walks from its own mount namespace to the oldest one, which is the host's.
pub(super) fn setns_mnt_get_prev(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let mut namespace = OwnedFd::from(File::open("/proc/self/ns/mnt")?);
    loop {
        match raw::previous_mount_namespace(&namespace) {
            Ok(older) => namespace = older,
            Err(Errno::ENOENT) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    setns(namespace, CloneFlags::CLONE_NEWNS)?;
    Ok(String::new())
}

fn clone_flag(kind: &str) -> Result<CloneFlags, Failure> {
    Ok(match kind {
        "mnt" => CloneFlags::CLONE_NEWNS,
        "pid" => CloneFlags::CLONE_NEWPID,
        "net" => CloneFlags::CLONE_NEWNET,
        "ipc" => CloneFlags::CLONE_NEWIPC,
        "uts" => CloneFlags::CLONE_NEWUTS,
        "cgroup" => CloneFlags::CLONE_NEWCGROUP,
        other => return Err(Failure::Usage(format!("no namespace is called {other}"))),
    })
}
