//! Whole filesystems, and memory on disk.

use std::{
    fs::{self, File},
    os::fd::OwnedFd,
};

use super::{Done, take};
use crate::calls;

const FIFREEZE: u32 = 0xc004_5877;
const FITHAW: u32 = 0xc004_5878;
const PAGE: usize = 4096;
const PAGES: usize = 16;

/// Holds every write to the filesystem of a directory, for an instant.
pub(super) fn freeze_and_thaw(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    let dir: OwnedFd = File::open(dir)?.into();
    calls::ioctl_number(&dir, FIFREEZE, 0)?;
    calls::ioctl_number(&dir, FITHAW, 0)?;
    Ok(String::new())
}

/// Gives the filesystem of a directory the label it has: none.
pub(super) fn set_label(args: &[&str]) -> Done {
    const FS_IOC_SETFSLABEL: u32 = 0x4100_9432;
    const LABEL: usize = 256;
    let [dir] = take(args, "DIR")?;
    calls::ioctl_bytes(&File::open(dir)?.into(), FS_IOC_SETFSLABEL, &[0; LABEL])?;
    Ok(String::new())
}

/// Makes an ext4 no bigger than it is.
pub(super) fn extend(args: &[&str]) -> Done {
    const EXT4_IOC_GROUP_EXTEND: u32 = 0x4008_6607;
    let [dir] = take(args, "DIR")?;
    calls::ioctl_bytes(&File::open(dir)?.into(), EXT4_IOC_GROUP_EXTEND, &[0; 8])?;
    Ok(String::new())
}

/// Has the machine swap to a file, for an instant.
pub(super) fn swap(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    fs::write(path, area())?;
    File::open(path)?.sync_all()?;
    let swapped = calls::swap_on_and_off(path);
    fs::remove_file(path)?;
    swapped?;
    Ok(String::new())
}

/// What `mkswap` writes: a version, the last page, and a signature at the end of the first.
fn area() -> Vec<u8> {
    let mut area = vec![0; PAGE * PAGES];
    let mut put = |at: usize, bytes: &[u8]| {
        for (to, from) in area.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    put(1024, &1_u32.to_ne_bytes());
    put(1028, &15_u32.to_ne_bytes());
    put(PAGE - 10, b"SWAPSPACE2");
    area
}
