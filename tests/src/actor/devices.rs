//! Devices: nodes of one's own, and terminals that type by themselves.

use std::{
    fs::{self, File, OpenOptions},
    os::fd::OwnedFd,
};

use nix::{
    pty::openpty,
    sys::stat::{Mode, SFlag, makedev, mknod},
};

use super::{Done, Failure, number, take};
use crate::{calls::ioctl_byte, raw::Entry};

const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541c;
const TIOCCONS: u32 = 0x541d;
/// What the Shift key does: asked for, nothing changes.
const SHIFT_STATE: u8 = 6;

/// Makes a node, in a place where nobody looks; it is gone afterwards.
pub(super) fn make_node(args: &[&str]) -> Done {
    with_node(args, |_| Ok(String::new()))
}

/// Makes a node and opens it.
pub(super) fn make_node_and_open(args: &[&str]) -> Done {
    with_node(args, |node| {
        File::open(node)?;
        Ok(String::new())
    })
}

/// Has a terminal of its own read a letter that nobody has typed.
pub(super) fn push_letter(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let terminal = openpty(None, None)?;
    ioctl_byte(Entry::Native, &terminal.slave, TIOCSTI, b'x')?;
    Ok(String::new())
}

/// The same through the 32-bit entry.
pub(super) fn push_letter_32(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let terminal = openpty(None, None)?;
    ioctl_byte(Entry::Compat, &terminal.slave, TIOCSTI, b'x')?;
    Ok(String::new())
}

/// Has a terminal of its own show what is for the console, until it is closed.
pub(super) fn take_console(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    let terminal = openpty(None, None)?;
    ioctl_byte(Entry::Native, &terminal.slave, TIOCCONS, 0)?;
    Ok(String::new())
}

/// Speaks to a virtual console: the same call pastes what was selected.
pub(super) fn console(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    ioctl_byte(Entry::Native, &OwnedFd::from(file), TIOCLINUX, SHIFT_STATE)?;
    Ok(String::new())
}

fn with_node(args: &[&str], act: impl FnOnce(&str) -> Done) -> Done {
    let [kind, major, minor] = take(args, "b|c|p MAJOR MINOR")?;
    let kind = match kind {
        "b" => SFlag::S_IFBLK,
        "c" => SFlag::S_IFCHR,
        "p" => SFlag::S_IFIFO,
        other => return Err(Failure::Usage(format!("no device is of kind {other}"))),
    };
    let node = format!("/made-{}", std::process::id());
    let device = makedev(number(major)?, number(minor)?);
    mknod(node.as_str(), kind, Mode::S_IRUSR, device)?;
    let done = act(&node);
    fs::remove_file(&node)?;
    done
}
