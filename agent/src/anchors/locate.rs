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

use nix::{
    fcntl::{AT_FDCWD, OFlag, openat},
    sys::stat::Mode,
};
use probe_common::anchor::FileId;

use crate::proc::{
    self,
    mountinfo::{self, Mount},
};

#[derive(Debug)]
pub struct Located {
    pub id: FileId,
    /// Type of the filesystem it is on.
    pub fs: String,
}

/// The mounts that this thread sees, read once for many look-ups: on a host with thousands of mounts the
/// list takes longer than all of them.
pub struct Mounts(Vec<Mount>);

impl Mounts {
    /// # Errors
    /// If the list cannot be read.
    pub fn read() -> io::Result<Self> {
        proc::own_mounts().map(Self)
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

    /// Looks a file or directory up, over no symbolic link.
    ///
    /// # Errors
    /// As [`Mounts::file`], and if there is one.
    pub fn over_no_link(&mut self, path: &Path) -> io::Result<Located> {
        self.opened(&over_no_link(path, OFlag::empty())?)
    }

    /// Looks a directory up that is this user's, over no symbolic link: a link leads to whatever its
    /// owner likes, and this owner is not root.
    ///
    /// # Errors
    /// As [`Mounts::file`], and if it is somebody else's.
    pub fn owned(&mut self, path: &Path, user: u32) -> io::Result<Located> {
        let file = over_no_link(path, OFlag::O_DIRECTORY)?;
        if file.metadata()?.uid() != user {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.opened(&file)
    }

    /// The same, with this type of filesystem everywhere.
    #[cfg(test)]
    pub fn pretend(fs: &str) -> Self {
        let mut read = Self::read().unwrap();
        for mount in &mut read.0 {
            fs.clone_into(&mut mount.fs);
        }
        read
    }

    fn opened(&mut self, file: &File) -> io::Result<Located> {
        let ino = file.metadata()?.ino();
        let id = mount_id(file)?;
        if self.mount(id).is_none() {
            *self = Self::read()?;
        }
        let mount = self
            .mount(id)
            .ok_or_else(|| io::Error::other(format!("mount {id} is not in mountinfo")))?;
        let (major, minor) = mount.device;
        Ok(Located {
            // As the kernel encodes it.
            id: FileId::new(major << 20 | minor, ino),
            fs: mount.fs.clone(),
        })
    }

    fn mount(&self, id: u64) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.id == id)
    }

    /// Whether looking a path up may have to wait for a server, or for a user's own program. What is
    /// mounted where is told without asking either.
    pub fn may_wait(&self, path: &Path) -> bool {
        mountinfo::at(&self.0, path).is_some_and(|mount| {
            let waits = ["nfs", "fuse", "autofs", "cifs", "smb", "9p", "afs", "ceph"];
            waits.iter().any(|prefix| mount.fs.starts_with(prefix))
        })
    }
}

/// Opens something, as a place only. Step by step, because systemd takes `openat2` from services
/// that may not set suid bits (`RestrictSUIDSGID=`).
///
/// # Errors
/// If it is not there, or there is a symbolic link on the way.
pub fn over_no_link(path: &Path, kind: OFlag) -> io::Result<File> {
    let place = OFlag::O_PATH | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let mut at: File = openat(AT_FDCWD, "/", place, Mode::empty())?.into();
    let below = path.strip_prefix("/").map_err(io::Error::other)?;
    let mut ahead = below.components().peekable();
    while let Some(step) = ahead.next() {
        // A directory on the way may have to be mounted first, which takes that it is asked for.
        let kind = if ahead.peek().is_some() {
            OFlag::O_DIRECTORY
        } else {
            kind
        };
        at = openat(&at, step.as_os_str(), place | kind, Mode::empty())?.into();
    }
    if at.metadata()?.is_symlink() {
        return Err(nix::Error::ELOOP.into());
    }
    Ok(at)
}

/// Filesystems on which an inode number does not say which directory it is: numbers repeat across
/// btrfs subvolumes, and an overlay shows those of its layers.
pub fn ambiguous(fs: &str) -> bool {
    matches!(fs, "btrfs" | "overlay")
}

fn mount_id(file: &File) -> io::Result<u64> {
    let info = fs::read_to_string(format!("/proc/thread-self/fdinfo/{}", file.as_raw_fd()))?;
    info.lines()
        .find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other("fdinfo has no mnt_id"))
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
    fn a_link_on_the_way_or_at_its_end_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        symlink("a", dir.path().join("way")).unwrap();
        symlink("b", dir.path().join("a/end")).unwrap();
        let open = |path: &str| over_no_link(&dir.path().join(path), OFlag::empty());
        assert!(open("a/b").is_ok() && open("").is_ok());
        assert!(over_no_link(Path::new("/"), OFlag::O_DIRECTORY).is_ok());
        for path in ["way", "way/b", "a/end", "a/none"] {
            assert!(open(path).is_err(), "{path}");
        }
        assert!(over_no_link(Path::new("a/b"), OFlag::empty()).is_err());
    }

    #[test]
    fn the_root_is_found() {
        let root = find(Path::new("/"));
        assert_eq!(root.id.ino, fs::metadata("/").unwrap().ino());
        assert_ne!(root.id.dev, 0);
    }

    #[test]
    fn the_device_is_the_mounts() {
        let mounts = Mounts(mountinfo::read(INFO));
        assert_eq!(mounts.mount(21).unwrap().device, (259, 3));
        assert_eq!(mounts.mount(40).unwrap().fs, "btrfs");
        assert_eq!(mounts.mount(4), None);
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
        let found = Mounts(Vec::new()).file(Path::new("/")).unwrap();
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
        let mounts = Mounts(mountinfo::read(INFO));
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
