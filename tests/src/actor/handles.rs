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

/// Since 6.18: a namespace by its number; those of the host have numbers that are known.
pub(super) fn open_namespace(args: &[&str]) -> Done {
    const NSFS_ROOT: i32 = -10003;
    const FILEID_NSFS: u32 = 0xf1;
    let [id] = take(args, "ID")?;
    let id: u64 = number(id)?;
    let handle = [id.to_ne_bytes(), [0; 8]].concat();
    open_by_handle(Entry::Native, NSFS_ROOT, FILEID_NSFS, &handle)?;
    Ok(String::new())
}

fn by_inode(entry: Entry, args: &[&str]) -> Done {
    const INODE_AND_GENERATION: u32 = 1;
    let [mount, inode, path] = take(args, "DIR INODE PATH")?;
    let (mount, inode) = (File::open(mount)?, number::<u32>(inode)?);
    let handle = [inode.to_ne_bytes(), [0; 4]].concat();
    let directory = open_by_handle(entry, mount.as_raw_fd(), INODE_AND_GENERATION, &handle)?;
    files::content(openat(directory, path, OFlags::RDONLY, Mode::empty())?.into())
}
