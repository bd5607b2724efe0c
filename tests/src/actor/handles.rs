//! Files by handle: what a filesystem calls its inodes leads out of every directory.

use std::{fs::File, os::fd::AsRawFd};

use rustix::fs::{Mode, OFlags, openat};

use super::{Done, files, number, take};
use crate::{calls::open_by_handle, raw::Entry};

/// "shocker": the directory of an inode, by any descriptor on its filesystem, and a file below it.
pub(super) fn open_by_inode(args: &[&str]) -> Done {
    by_inode(Entry::Native, args)
}

/// The same through the 32-bit entry.
pub(super) fn open_by_inode_32(args: &[&str]) -> Done {
    by_inode(Entry::Compat, args)
}

fn by_inode(entry: Entry, args: &[&str]) -> Done {
    const INODE_AND_GENERATION: u32 = 1;
    let [mount, inode, path] = take(args, "DIR INODE PATH")?;
    let (mount, inode) = (File::open(mount)?, number::<u32>(inode)?);
    let handle = [inode.to_ne_bytes(), [0; 4]].concat();
    let directory = open_by_handle(entry, mount.as_raw_fd(), INODE_AND_GENERATION, &handle)?;
    files::content(openat(directory, path, OFlags::RDONLY, Mode::empty())?.into())
}
