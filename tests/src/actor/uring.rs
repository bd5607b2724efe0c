//! The same acts through `io_uring`, where no system call says what is done.

use std::{ffi::CString, fs::File, os::fd::AsRawFd};

use io_uring::{opcode, squeue, types};
use nix::errno::Errno;
use rustix::net::SocketType;

use super::{Done, Failure, files, number, take};
use crate::{calls::unix_address, raw, sockets::unix};

/// Opens for writing, and leaves it at that.
pub(super) fn open_writable(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    open(libc::AT_FDCWD, path, libc::O_WRONLY, squeue::Flags::empty())?;
    Ok(String::new())
}

/// The same by a worker thread of the kernel's.
pub(super) fn open_writable_by_worker(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    open(libc::AT_FDCWD, path, libc::O_WRONLY, squeue::Flags::ASYNC)?;
    Ok(String::new())
}

/// By way of a directory that this process was started with.
pub(super) fn read_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    let flags = squeue::Flags::empty();
    files::content(open(number(dir)?, path, libc::O_RDONLY, flags)?)
}

pub(super) fn unlink_at(args: &[&str]) -> Done {
    let [dir, path] = take(args, "FD PATH")?;
    let (dir, path) = (types::Fd(number(dir)?), text(path)?);
    raw::through_a_ring(&opcode::UnlinkAt::new(dir, path.as_ptr()).build())?;
    Ok(String::new())
}

pub(super) fn connect(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let socket = unix(SocketType::STREAM)?;
    let address = unix_address(path);
    let length = u32::try_from(address.len()).map_err(|_| Errno::ENAMETOOLONG)?;
    let descriptor = types::Fd(socket.as_raw_fd());
    let connect = opcode::Connect::new(descriptor, address.as_ptr().cast(), length);
    raw::through_a_ring(&connect.build())?;
    Ok(String::new())
}

fn open(dir: i32, path: &str, flags: i32, how: squeue::Flags) -> Result<File, Failure> {
    let path = text(path)?;
    let open = opcode::OpenAt::new(types::Fd(dir), path.as_ptr()).flags(flags);
    let descriptor = raw::through_a_ring(&open.build().flags(how))?;
    Ok(raw::inherited(descriptor)?.into())
}

fn text(path: &str) -> Result<CString, Failure> {
    CString::new(path).map_err(|error| Failure::Usage(error.to_string()))
}
