//! From a path to the superblock and inode the kernel knows it by.
//!
//! `stat` gives another device number than the superblock's on btrfs and overlay, so the device is
//! taken from the mount that the path is on.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::AsRawFd as _,
        unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::Path,
};

use nix::fcntl::OFlag;
use probe_common::anchor::FileId;

#[derive(Debug)]
pub struct Located {
    pub id: FileId,
    /// Type of the filesystem it is on.
    pub fs: String,
}

/// Looks a file or directory up, symbolic links followed.
pub fn file(path: &Path) -> io::Result<Located> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(path)?;
    let ino = file.metadata()?.ino();
    let mount = mount_id(&file)?;
    let (dev, fs) = mounts_line(&fs::read_to_string("/proc/self/mountinfo")?, mount)
        .ok_or_else(|| io::Error::other(format!("mount {mount} is not in mountinfo")))?;
    Ok(Located { id: FileId::new(dev, ino), fs })
}

/// Filesystems on which an inode number does not say which directory it is: numbers repeat across
/// btrfs subvolumes, and an overlay shows those of its layers.
pub fn ambiguous(fs: &str) -> bool {
    matches!(fs, "btrfs" | "overlay")
}

fn mount_id(file: &File) -> io::Result<u64> {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))?;
    info.lines()
        .find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other("fdinfo has no mnt_id"))
}

/// Device, in the kernel's encoding, and type of the mount with this id.
fn mounts_line(mountinfo: &str, id: u64) -> Option<(u32, String)> {
    let line = mountinfo.lines().find(|line| {
        line.split(' ').next().and_then(|first| first.parse().ok()) == Some(id)
    })?;
    let (major, minor) = line.split(' ').nth(2)?.split_once(':')?;
    let (_, after) = line.split_once(" - ")?;
    let fs = after.split(' ').next()?.to_owned();
    Some((major.parse::<u32>().ok()? << 20 | minor.parse::<u32>().ok()?, fs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found() {
        let root = file(Path::new("/")).unwrap();
        assert_eq!(root.id.ino, fs::metadata("/").unwrap().ino());
        assert_ne!(root.id.dev, 0);
    }

    #[test]
    fn the_device_is_the_mounts() {
        let info = "21 1 259:3 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
                    40 21 0:35 /@sub /srv rw - btrfs /dev/sdb rw\n";
        assert_eq!(mounts_line(info, 21), Some((259 << 20 | 3, "ext4".into())));
        assert_eq!(mounts_line(info, 40), Some((35, "btrfs".into())));
        assert_eq!(mounts_line(info, 4), None);
        assert!(ambiguous("btrfs"));
    }
}
