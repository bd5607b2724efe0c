//! What careless runtimes do while they set a container up: they leave descriptors open, begin in
//! the wrong directory, run the wrong program. And real tools, which are not in the container.

use std::{
    ffi::CString,
    fs::{self, File},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::Command,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, fcntl},
    sched::{CloneFlags, setns},
    sys::wait::{WaitStatus, waitpid},
    unistd::{fchdir, fexecve},
};
use rustix::{
    fs::CWD,
    mount::{OpenTreeFlags, open_tree},
};

use super::{Done, Failure, take};
use crate::{outcome::Outcome, raw};

/// How many descriptors are left open, from 3 on: the root directory, the namespaces of mounts,
/// network, IPC and names, and a clone of the root that is attached nowhere.
pub const LEAKED: usize = 6;

/// Where the tools and their libraries are.
const TOOLS: &str = "/v/tools";

/// Executes a program with descriptors of the host's left open.
pub(super) fn leaking(args: &[&str]) -> Done {
    let Some((program, args)) = args.split_first() else {
        return Err(Failure::Usage("arguments: PROGRAM ARGS…".to_owned()));
    };
    let mut leaked: Vec<OwnedFd> = vec![File::open("/")?.into()];
    for kind in ["mnt", "net", "ipc", "uts"] {
        leaked.push(File::open(format!("/proc/self/ns/{kind}"))?.into());
    }
    leaked.push(open_tree(CWD, "/", OpenTreeFlags::OPEN_TREE_CLONE)?);
    for (number, descriptor) in (3..).zip(&leaked) {
        leave_open(descriptor, number)?;
    }
    Err(Command::new(program).args(args).exec().into())
}

/// As a runtime's `exec` into a container: its mounts and its cgroup, but the host's root as the
/// working directory of the first program (CVE-2024-21626).
pub(super) fn enter_with_directory(args: &[&str]) -> Done {
    let [pid, cgroup, file] = take(args, "PID CGROUP_DIR FILE")?;
    let root = File::open("/")?;
    enter(pid, cgroup)?;
    fchdir(root)?;
    said(Command::new("/bin/cat").arg(file))
}

/// The same with a program of the host's.
pub(super) fn enter_with_program(args: &[&str]) -> Done {
    let [pid, cgroup, file] = take(args, "PID CGROUP_DIR FILE")?;
    let program = File::open("/proc/self/exe")?;
    enter(pid, cgroup)?;
    let file = CString::new(file).map_err(|error| Failure::Usage(error.to_string()))?;
    let argv = [c"actor", c"read", &file];
    let child = raw::fork(|| match fexecve(&program, &argv, &[c""; 0]) {
        Ok(never) => match never {},
        Err(errno) => errno as i32,
    })?;
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(String::new()),
        WaitStatus::Exited(_, errno) => Err(Errno::from_raw(errno).into()),
        other => Err(Failure::Usage(format!("the program {other:?}"))),
    }
}

/// Runs a program that was copied from the host with its libraries.
pub(super) fn tool(args: &[&str]) -> Done {
    let Some((name, args)) = args.split_first() else {
        return Err(Failure::Usage("arguments: NAME ARGS…".to_owned()));
    };
    let mut loader = Command::new(format!("{TOOLS}/ld.so"));
    loader.args(["--library-path", TOOLS, &format!("{TOOLS}/{name}")]);
    said(loader.args(args))
}

fn enter(pid: &str, cgroup: &str) -> Result<(), Failure> {
    let mounts = File::open(format!("/proc/{pid}/ns/mnt"))?;
    fs::write(format!("{cgroup}/cgroup.procs"), "0")?;
    setns(mounts, CloneFlags::CLONE_NEWNS)?;
    Ok(())
}

/// Nothing else is open in an actor that begins.
fn leave_open(descriptor: &OwnedFd, number: i32) -> Result<(), Failure> {
    if descriptor.as_raw_fd() != number {
        return Err(Failure::Usage(format!("descriptor {number} is taken")));
    }
    fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(())
}

/// Both streams of a program that has to succeed.
pub(super) fn said(program: &mut Command) -> Done {
    let output = program.output()?;
    let streams = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&streams).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        let status = output
            .status
            .code()
            .unwrap_or(crate::outcome::NOT_TRIED.into());
        Err(Failure::Passed(Outcome {
            status,
            output: said,
        }))
    }
}
