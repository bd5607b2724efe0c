//! Files by handle: what a filesystem calls its inodes leads out of every directory.

use std::{
    fs::{self, File},
    os::fd::{AsRawFd, OwnedFd},
};

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags, openat};

use super::{Done, Failure, files, number, take};
use crate::{calls::open_by_handle, raw::Entry};

/// "shocker": the directory of an inode, by any descriptor on its filesystem, and a file below it.
pub(super) fn open_by_inode(args: &[&str]) -> Done {
    by_inode(Entry::Native, args)
}

/// The same through the 32-bit entry.
pub(super) fn open_by_inode_32(args: &[&str]) -> Done {
    by_inode(Entry::Compat, args)
}

/// A network namespace by its number; the host's have the lowest ones.
pub(super) fn open_namespace(args: &[&str]) -> Done {
    const NSFS_ROOT: i32 = -10003;
    const FILEID_NSFS: u32 = 0xf1;
    const OLDEST: u64 = 64;
    let [] = take(args, "none")?;
    for id in 1..=OLDEST {
        let handle = [id.to_ne_bytes(), [0; 8]].concat();
        match open_by_handle(Entry::Native, NSFS_ROOT, FILEID_NSFS, &handle) {
            Ok(namespace) if kind(&namespace)?.starts_with("net:") => return Ok(String::new()),
            Ok(_) | Err(Errno::ESTALE) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    // To somebody without the capability, 7.3 says of all of them that they are not there.
    Err(Errno::EPERM.into())
}

fn kind(namespace: &OwnedFd) -> Result<String, Failure> {
    let link = fs::read_link(format!("/proc/self/fd/{}", namespace.as_raw_fd()))?;
    Ok(link.to_string_lossy().into_owned())
}

fn by_inode(entry: Entry, args: &[&str]) -> Done {
    const INODE_AND_GENERATION: u32 = 1;
    let [mount, inode, path] = take(args, "DIR INODE PATH")?;
    let (mount, inode) = (File::open(mount)?, number::<u32>(inode)?);
    let handle = [inode.to_ne_bytes(), [0; 4]].concat();
    let directory = open_by_handle(entry, mount.as_raw_fd(), INODE_AND_GENERATION, &handle)?;
    files::content(openat(directory, path, OFlags::RDONLY, Mode::empty())?.into())
}
