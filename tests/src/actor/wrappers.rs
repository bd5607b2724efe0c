//! The same act by other means: from a thread, a grandchild, another cgroup, new namespaces.

use std::{
    ffi::CString,
    fs::{self, File},
    os::fd::OwnedFd,
    path::Path,
    thread,
    time::Duration,
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::{Uid, chroot, fchdir, setresuid},
};

use super::{Done, Failure, files, number, outcome, perform, take_then};
use crate::{calls, outcome::Outcome, raw};

/// Under another process name, by which a scenario recognises the denial.
pub(super) fn under_name(args: &[&str]) -> Done {
    let ([name], verb) = take_then(args, "NAME")?;
    let name = CString::new(name).map_err(|error| Failure::Usage(error.to_string()))?;
    nix::sys::prctl::set_name(&name)?;
    perform(verb)
}

/// Shows what the act was good for.
pub(super) fn then_read(args: &[&str]) -> Done {
    let ([path], verb) = take_then(args, "PATH")?;
    perform(verb)?;
    files::read(&[path])
}

pub(super) fn clone_thread(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    let lost = || Failure::Passed(Outcome::not_tried("the thread panicked"));
    thread::scope(|scope| scope.spawn(|| perform(verb)).join().map_err(|_| lost())?)
}

/// The parent is gone before the act: the grandchild belongs to init.
pub(super) fn double_fork(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    passed(raw::in_orphan(|| outcome(verb))?)
}

/// After a fork that fails so early that some kernels free what is stored with the parent: for want of
/// processes, of threads, or because a new user namespace is not to be had after `chroot`.
pub(super) fn after_failed_fork(args: &[&str]) -> Done {
    let ([want], verb) = take_then(args, "processes|threads|user-namespace")?;
    let has_failed = match want {
        "processes" => without_processes(|| raw::fork(|| 0).is_err())?,
        "threads" => without_processes(|| thread::Builder::new().spawn(|| ()).is_err())?,
        "user-namespace" => {
            let root = OwnedFd::from(File::open("/")?);
            chroot("/proc")?;
            let cloned = calls::clone_in_new_user_namespace();
            fchdir(root)?;
            chroot(".")?;
            cloned.is_err()
        }
        other => return Err(Failure::Usage(format!("no way to fail: {other}"))),
    };
    if !has_failed {
        return Err(Failure::Usage("the fork has not failed".into()));
    }
    // The kernel frees it after a grace period.
    thread::sleep(Duration::from_millis(1500));
    perform(verb)
}

/// As a user who may have no process but this one.
fn without_processes<T>(act: impl FnOnce() -> T) -> nix::Result<T> {
    let (root, user) = (Uid::from_raw(0), Uid::from_raw(1000));
    let before = getrlimit(Resource::RLIMIT_NPROC)?;
    setrlimit(Resource::RLIMIT_NPROC, 0, before.1)?;
    setresuid(user, user, root)?;
    let done = act();
    setresuid(root, root, root)?;
    setrlimit(Resource::RLIMIT_NPROC, before.0, before.1)?;
    Ok(done)
}

/// By the last of a chain of processes, each of which forks and exits, until there is a file. Forks
/// take time, because there is much memory to copy.
pub(super) fn fork_chain(args: &[&str]) -> Done {
    let ([mib, until], verb) = take_then(args, "MIB PATH")?;
    let memory = vec![1_u8; number::<usize>(mib)? << 20];
    let done = raw::in_chain(&|| !Path::new(until).exists(), &|| outcome(verb))?;
    drop(memory);
    passed(done)
}

/// Again and again, each time by a child, until there is a file. It succeeds if any of them does.
pub(super) fn again_until(args: &[&str]) -> Done {
    let ([until], verb) = take_then(args, "PATH")?;
    let mut tries = 0_u64;
    loop {
        let last = raw::in_child(|| outcome(verb))?;
        tries += 1;
        if last.status == 0 {
            return Ok(format!("try {tries} succeeded"));
        }
        // Who is to end it needs the processor too.
        thread::sleep(Duration::from_millis(10));
        if Path::new(until).exists() {
            let output = format!("{tries} tries");
            return passed(Outcome { output, ..last });
        }
    }
}

/// As soon as there is a file.
pub(super) fn once(args: &[&str]) -> Done {
    let ([file], verb) = take_then(args, "PATH")?;
    while !Path::new(file).exists() {
        thread::sleep(Duration::from_millis(10));
    }
    perform(verb)
}

/// By a child that begins in another cgroup: no file of the cgroup is written.
pub(super) fn leave_cgroup(args: &[&str]) -> Done {
    let ([directory], verb) = take_then(args, "CGROUP_DIR")?;
    let cgroup = OwnedFd::from(File::open(directory)?);
    passed(raw::in_cgroup(&cgroup, || outcome(verb))?)
}

pub(super) fn unshare_mounts(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    unshare(CloneFlags::CLONE_NEWNS)?;
    perform(verb)
}

/// Its children would be in a new pid namespace; it stays in its own.
pub(super) fn unshare_pids(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    unshare(CloneFlags::CLONE_NEWPID)?;
    perform(verb)
}

/// In new namespaces of every kind, as the root of a new user namespace.
pub(super) fn unshare_all(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    unshare(
        CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP,
    )?;
    // The first child becomes init of the new pid namespace.
    passed(raw::in_child(|| outcome(verb))?)
}

/// As the root of a new user namespace, with mounts and cgroups of its own.
pub(super) fn unshare_user(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWCGROUP)?;
    perform(verb)
}

/// For the host as neighbour: private mounts, and the tmpfs mounts `/t1` … that an attack expects.
pub(super) fn in_own_mounts(args: &[&str]) -> Done {
    let ([], verb) = take_then(args, "")?;
    const NONE: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
    for directory in TMPFS {
        fs::create_dir_all(directory)?;
        mount(
            Some("none"),
            *directory,
            Some("tmpfs"),
            MsFlags::empty(),
            NONE,
        )?;
    }
    perform(verb)
}

/// The tmpfs mounts that a container under attack is started with.
pub const TMPFS: &[&str] = &[
    "/t1", "/t2", "/t3", "/t4", "/t5", "/t6", "/t7", "/t8", "/t9",
];

fn passed(outcome: Outcome) -> Done {
    match outcome.status {
        0 => Ok(outcome.output),
        _ => Err(Failure::Passed(outcome)),
    }
}
