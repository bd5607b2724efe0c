//! Files by handle: what a filesystem calls its inodes leads out of every directory.

use std::{fs::File, os::fd::AsRawFd};

use nix::errno::Errno;
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

/// The host's network namespace: its inode number is fixed, and its own number is a low one.
pub(super) fn open_hosts_network(args: &[&str]) -> Done {
    const NSFS_ROOT: i32 = -10003;
    const FILEID_NSFS: u32 = 0xf1;
    const NET: u32 = libc::CLONE_NEWNET.cast_unsigned();
    const NET_NS_INIT_INO: u32 = 0xefff_fff9;
    const OLDEST: u64 = 64;
    let [] = take(args, "none")?;
    let kind = [NET.to_ne_bytes(), NET_NS_INIT_INO.to_ne_bytes()].concat();
    for number in 1..=OLDEST {
        let handle = [&number.to_ne_bytes()[..], &kind].concat();
        match open_by_handle(Entry::Native, NSFS_ROOT, FILEID_NSFS, &handle) {
            Ok(_) => return Ok(String::new()),
            Err(Errno::ESTALE) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(Errno::ESTALE.into())
}

fn by_inode(entry: Entry, args: &[&str]) -> Done {
    const INODE_AND_GENERATION: u32 = 1;
    let [mount, inode, path] = take(args, "DIR INODE PATH")?;
    let (mount, inode) = (File::open(mount)?, number::<u32>(inode)?);
    let handle = [inode.to_ne_bytes(), [0; 4]].concat();
    let directory = open_by_handle(entry, mount.as_raw_fd(), INODE_AND_GENERATION, &handle)?;
    files::content(openat(directory, path, OFlags::RDONLY, Mode::empty())?.into())
}
