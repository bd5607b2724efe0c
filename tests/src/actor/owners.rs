//! Who is sent a signal when something happens to a file.

use rustix::{
    net::{AddressFamily, SocketType, socket},
    pipe::pipe,
};

use super::{Done, number, take};
use crate::{calls, raw::Entry};

const FIOSETOWN: u32 = 0x8901;

/// Names a process that is to get the signals of a pipe; sends none.
pub(super) fn own_signals_of(args: &[&str]) -> Done {
    named(Entry::Native, args)
}

/// The same through the 32-bit entry.
pub(super) fn own_signals_of_32(args: &[&str]) -> Done {
    named(Entry::Compat, args)
}

/// The same of a socket by `ioctl`.
pub(super) fn own_signals_of_by_ioctl(args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    calls::ioctl_pid(&socket, FIOSETOWN, number(pid)?)?;
    Ok(String::new())
}

/// Names itself, as programs do.
pub(super) fn own_signals_of_oneself(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let own = std::process::id().to_string();
    own_signals_of(&[&own])
}

fn named(entry: Entry, args: &[&str]) -> Done {
    let [pid] = take(args, "PID")?;
    let (reading, _writing) = pipe()?;
    calls::set_owner(entry, &reading, number(pid)?)?;
    Ok(String::new())
}
