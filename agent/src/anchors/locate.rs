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

use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, openat2};
use probe_common::anchor::FileId;

const MOUNTS: &str = "/proc/self/mountinfo";

#[derive(Debug)]
pub struct Located {
    pub id: FileId,
    /// Type of the filesystem it is on.
    pub fs: String,
}

/// The mounts of this process, read once for many look-ups: on a host with thousands of mounts the
/// list takes longer than all of them.
pub struct Mounts(String);

impl Mounts {
    /// # Errors
    /// If the list cannot be read.
    pub fn read() -> io::Result<Self> {
        fs::read_to_string(MOUNTS).map(Self)
    }

    /// Looks a file or directory up, symbolic links followed.
    ///
    /// # Errors
    /// If it is not there, or cannot be looked at.
    pub fn file(&mut self, path: &Path) -> io::Result<Located> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_PATH.bits())
            .open(path)?;
        self.opened(&file)
    }

    /// Looks a directory up that is this user's, over no symbolic link: a link leads to whatever its
    /// owner likes, and this owner is not root.
    ///
    /// # Errors
    /// As [`Mounts::file`], and if it is somebody else's.
    pub fn owned(&mut self, path: &Path, user: u32) -> io::Result<Located> {
        let file = over_no_link(path)?;
        if file.metadata()?.uid() != user {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.opened(&file)
    }

    /// The same, with this type of filesystem everywhere.
    #[cfg(test)]
    pub fn pretend(fs: &str) -> Self {
        let read = fs::read_to_string(MOUNTS).unwrap_or_default();
        let line = |line: &str| {
            let (mount, _) = line.split_once(" - ").unwrap_or_default();
            format!("{mount} - {fs} none rw\n")
        };
        Self(read.lines().map(line).collect())
    }

    fn opened(&mut self, file: &File) -> io::Result<Located> {
        let ino = file.metadata()?.ino();
        let mount = mount_id(file)?;
        if line(&self.0, mount).is_none() {
            *self = Self::read()?;
        }
        let (dev, fs) = line(&self.0, mount)
            .ok_or_else(|| io::Error::other(format!("mount {mount} is not in mountinfo")))?;
        Ok(Located {
            id: FileId::new(dev, ino),
            fs,
        })
    }

    /// Whether looking a path up may have to wait for a server, or for a user's own program. What is
    /// mounted where is told without asking either.
    pub fn may_wait(&self, path: &Path) -> bool {
        let on = self.0.lines().filter_map(|line| {
            let point = unescaped(line.split(' ').nth(4)?);
            let above = path.starts_with(&point);
            above.then(|| (point.len(), type_of(line)))
        });
        // Of two on one mountpoint the later one is on top.
        let nearest = on.max_by_key(|(length, _)| *length);
        nearest.is_some_and(|(_, fs)| {
            let waits = ["nfs", "fuse", "autofs", "cifs", "smb", "9p", "afs", "ceph"];
            fs.is_none_or(|fs| waits.iter().any(|prefix| fs.starts_with(prefix)))
        })
    }
}

/// Opens a directory, as a place only.
///
/// # Errors
/// If it is not there, or there is a symbolic link on the way.
pub fn over_no_link(path: &Path) -> io::Result<File> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    Ok(openat2(AT_FDCWD, path, how)?.into())
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
fn line(mountinfo: &str, id: u64) -> Option<(u32, String)> {
    let line = mountinfo
        .lines()
        .find(|line| line.split(' ').next().and_then(|first| first.parse().ok()) == Some(id))?;
    let (major, minor) = line.split(' ').nth(2)?.split_once(':')?;
    Some((
        major.parse::<u32>().ok()? << 20 | minor.parse::<u32>().ok()?,
        type_of(line)?.to_owned(),
    ))
}

fn type_of(line: &str) -> Option<&str> {
    let (_, after) = line.split_once(" - ")?;
    after.split(' ').next()
}

/// A path as the kernel writes it: spaces and line ends are octal there.
fn unescaped(path: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n")];
    let plain = escapes
        .iter()
        .fold(path.to_owned(), |path, (from, to)| path.replace(from, to));
    plain.replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const INFO: &str = "21 1 259:3 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
                        40 21 0:35 /@sub /srv rw - btrfs /dev/sdb rw\n\
                        41 21 0:36 / /home/a\\040b rw - fuse.sshfs x rw\n\
                        42 21 0:37 / /net rw - autofs x rw\n";

    fn find(path: &Path) -> Located {
        Mounts::read().unwrap().file(path).unwrap()
    }

    #[test]
    fn the_root_is_found() {
        let root = find(Path::new("/"));
        assert_eq!(root.id.ino, fs::metadata("/").unwrap().ino());
        assert_ne!(root.id.dev, 0);
    }

    #[test]
    fn the_device_is_the_mounts() {
        assert_eq!(line(INFO, 21), Some((259 << 20 | 3, "ext4".into())));
        assert_eq!(line(INFO, 40), Some((35, "btrfs".into())));
        assert_eq!(line(INFO, 4), None);
        assert!(ambiguous("btrfs"));
    }

    /// As where `/var/lib/docker` is a link to a larger disk, or that disk is mounted there.
    #[test]
    fn links_and_mounts_are_crossed() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("docker");
        symlink("/proc/self", &link).unwrap();
        let (there, direct) = (find(&link.join("ns")), find(Path::new("/proc/self/ns")));
        assert_eq!((there.id.dev, &*there.fs), (direct.id.dev, "proc"));
        assert_ne!(there.id.dev, find(dir.path()).id.dev);
        symlink(dir.path(), dir.path().join("again")).unwrap();
        let around = find(&dir.path().join("again/again"));
        assert_eq!(around.id, find(dir.path()).id);
    }

    #[test]
    fn a_mount_made_meanwhile_is_found() {
        let found = Mounts(String::new()).file(Path::new("/")).unwrap();
        assert_eq!(found.id, find(Path::new("/")).id);
    }

    #[test]
    fn what_is_somebody_elses_or_behind_a_link_is_not_a_users() {
        let dir = tempfile::tempdir().unwrap();
        let user = fs::metadata(dir.path()).unwrap().uid();
        let mut mounts = Mounts::read().unwrap();
        let own = mounts.owned(dir.path(), user).unwrap();
        assert_eq!(own.id, find(dir.path()).id);
        assert!(mounts.owned(dir.path(), user + 1).is_err());
        let link = dir.path().join("link");
        symlink(dir.path(), &link).unwrap();
        assert!(mounts.owned(&link, user).is_err());
        fs::create_dir(dir.path().join("below")).unwrap();
        assert!(mounts.owned(&link.join("below"), user).is_err());
    }

    #[test]
    fn servers_and_users_programs_may_make_wait() {
        let mounts = Mounts(INFO.into());
        for (path, waits) in [
            ("/home/a b/.local", true),
            ("/net/x", true),
            ("/home/a", false),
            ("/network", false),
            ("/srv", false),
        ] {
            assert_eq!(mounts.may_wait(Path::new(path)), waits, "{path}");
        }
    }
}
