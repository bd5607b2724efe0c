//! Reaching into other processes.

use std::{
    fs::File,
    io::{IoSliceMut, Read, Write},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::FileExt,
    },
};

use nix::{
    errno::Errno,
    sched::{sched_getaffinity, sched_setaffinity},
    sys::{
        ptrace,
        signal::{Signal, kill as send},
        uio::{RemoteIoVec, process_vm_readv},
    },
    unistd::Pid,
};
use rustix::process::{
    PidfdFlags, PidfdGetfdFlags, Resource, Rlimit, getpriority_process,
    pidfd_getfd as take_descriptor, pidfd_open, pidfd_send_signal, prlimit, setpriority_process,
};

use super::{Done, Failure, number, take};
use crate::{calls, raw};

pub(super) fn ptrace_seize(args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    ptrace::seize(Pid::from_raw(number(pid)?), ptrace::Options::empty())?;
    Ok(String::new())
}

/// A debugger in a container traces what it started itself.
pub(super) fn ptrace_own_child(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let child = raw::fork(|| {
        nix::unistd::pause();
        0
    })?;
    let seized = ptrace::seize(child, ptrace::Options::empty());
    send(child, Signal::SIGKILL)?;
    nix::sys::wait::waitpid(child, None)?;
    seized?;
    Ok(String::new())
}

pub(super) fn process_vm_read(args: &[&str]) -> Done {
    let [pid, base, len] = take(args, "PID ADDRESS LENGTH")?;
    let (pid, base, len) = (Pid::from_raw(number(pid)?), number(base)?, number(len)?);
    let mut bytes = vec![0; len];
    process_vm_readv(
        pid,
        &mut [IoSliceMut::new(&mut bytes)],
        &[RemoteIoVec { base, len }],
    )?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn proc_mem(args: &[&str]) -> Done {
    let [pid, base, len] = take(args, "PID ADDRESS LENGTH")?;
    let mut bytes = vec![0; number(len)?];
    File::open(format!("/proc/{pid}/mem"))?.read_exact_at(&mut bytes, number(base)?)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Takes a copy of another process's descriptor and reads what is behind it.
pub(super) fn pidfd_getfd(args: &[&str]) -> Done {
    let [pid, descriptor] = take(args, "PID FD")?;
    let (pidfd, number) = (open(pid)?, number(descriptor)?);
    let copy = File::from(take_descriptor(pidfd, number, PidfdGetfdFlags::empty())?);
    let mut bytes = [0; 4096];
    let length = copy.read_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned())
}

pub(super) fn kill(args: &[&str]) -> Done {
    let [pid, signal] = take(args, "PID SIGNAL")?;
    send(Pid::from_raw(number(pid)?), named(signal)?)?;
    Ok(String::new())
}

pub(super) fn pidfd_kill(args: &[&str]) -> Done {
    let [pid, signal] = take(args, "PID SIGNAL")?;
    let pidfd = open(pid)?;
    let signal = named(signal)? as i32;
    let signal = rustix::process::Signal::from_named_raw(signal).ok_or(Errno::EINVAL)?;
    pidfd_send_signal(pidfd, signal)?;
    Ok(String::new())
}

/// Sets what it has already: a priority, a place on the processors, a limit.
pub(super) fn keep_nice(args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    let pid = rustix::process::Pid::from_raw(number(pid)?);
    setpriority_process(pid, getpriority_process(pid)?)?;
    Ok(String::new())
}

pub(super) fn keep_io_priority(args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    calls::keep_io_priority(number(pid)?)?;
    Ok(String::new())
}

pub(super) fn keep_affinity(args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    let pid = Pid::from_raw(number(pid)?);
    sched_setaffinity(pid, &sched_getaffinity(pid)?)?;
    Ok(String::new())
}

pub(super) fn keep_limit(args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    let pid = rustix::process::Pid::from_raw(number(pid)?);
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, unlimited)?;
    Ok(String::new())
}

/// Learns whether two processes share their address space, which `ptrace` rights are needed for.
pub(super) fn kcmp(args: &[&str]) -> Done {
    let [pid, other] = take(args, "PID PID")?;
    calls::compare_memory(number(pid)?, number(other)?)?;
    Ok(String::new())
}

/// A host process with a secret: in its memory, its environment, and behind a descriptor.
/// Says on its first line where, and stays until its standard input ends.
pub(super) fn victim(args: &[&str]) -> Done {
    let [secret] = take(args, "FILE")?;
    let file = File::open(secret)?;
    let mut content = String::new();
    (&file).read_to_string(&mut content)?;
    let place = content.as_ptr().addr();
    println!(
        "{} {place} {} {}",
        std::process::id(),
        content.len(),
        file.as_raw_fd()
    );
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    // The secret stays where it was announced until here.
    drop(content);
    Ok(String::new())
}

fn named(signal: &str) -> Result<Signal, Failure> {
    format!("SIG{signal}").parse().map_err(Failure::Errno)
}

fn open(pid: &str) -> Result<OwnedFd, Failure> {
    let pid = rustix::process::Pid::from_raw(number(pid)?).ok_or(Errno::ESRCH)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}
