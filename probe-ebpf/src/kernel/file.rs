//! Files: where they are, and what they lead to.

use aya_ebpf::{bindings::path, helpers::generated::bpf_d_path};
use probe_common::anchor::FileId;

use super::{Task, Typed, fs_name, layout, namespace_number, text_at, u32_at, u64_at};

const FMODE_WRITE: u32 = 2;
/// `__FMODE_EXEC` among the flags: opened to be executed.
const FMODE_EXEC: u32 = 0x20;
/// `SB_KERNMOUNT`: the kernel mounted it for itself, as `mq_open` does.
const SB_KERNMOUNT: u64 = 1 << 22;
/// Number of every anonymous mount namespace since 6.18 (`MNT_NS_ANON_INO`); 0 before.
const ANONYMOUS: u32 = 0xEFFF_FFF7;
/// Peers of a mount, and mounts of a filesystem, that are asked.
const MOUNTS: u32 = 64;
/// From here on an address is an error, as that of the namespace of a mount nobody mounted.
const ERRORS: u64 = -4095_i64 as u64;

/// A `struct file`.
#[derive(Clone, Copy)]
pub struct File(pub u64);

impl File {
    #[inline(always)]
    pub fn dentry(self) -> Option<Dentry> {
        Dentry::of_path(self.0 + layout().file_path())
    }

    #[inline(always)]
    pub fn inode(self) -> Option<Inode> {
        u64_at(self.0 + layout().file_inode()).map(Inode)
    }

    /// Opened for writing?
    #[inline(always)]
    pub fn writes(self) -> bool {
        u32_at(self.0 + layout().file_mode()).is_none_or(|mode| mode & FMODE_WRITE != 0)
    }

    /// Its path as seen from the task's root, or from that of its mount. For a file that the kernel
    /// passed to a hook which may sleep.
    #[inline(always)]
    pub fn path(file: *const u8, to: &mut [u8]) {
        // The verifier knows the offset as a constant, and so the type of what is there.
        let place = file.wrapping_add(layout().file_path() as usize);
        // SAFETY: the helper takes no more than there is room for.
        unsafe {
            bpf_d_path(
                place.cast_mut().cast::<path>(),
                to.as_mut_ptr().cast(),
                to.len() as u32,
            )
        };
    }
}

/// What is asked of every file that a container opens, of a `struct file` in a hook's argument.
pub struct Opened {
    /// Type and permissions.
    pub mode: u32,
    /// Magic number of its filesystem.
    pub magic: u64,
    /// Of a device node, the device: major << 20 | minor.
    pub device: u32,
    pub writes: bool,
    /// Opened by the kernel to execute it?
    pub is_executed: bool,
    pub mount: Mount,
}

impl Opened {
    #[inline(always)]
    pub fn of(file: *const u8) -> Self {
        let file = Typed::new(file);
        let inode = file.follow(layout().file_inode());
        let superblock = inode.follow(layout().inode_sb());
        let vfsmount = file.follow(layout().file_path() + layout().path_mnt());
        Self {
            mode: inode.read::<u16>(layout().inode_mode()).into(),
            magic: superblock.read(layout().sb_magic()),
            device: inode.read(layout().inode_rdev()),
            writes: file.read::<u32>(layout().file_mode()) & FMODE_WRITE != 0,
            is_executed: file.read::<u32>(layout().file_flags()) & FMODE_EXEC != 0,
            mount: Mount::of(vfsmount.address()),
        }
    }
}

/// A `struct inode`.
#[derive(Clone, Copy)]
pub struct Inode(u64);

impl Inode {
    #[inline(always)]
    pub fn number(self) -> Option<u64> {
        u64_at(self.0 + layout().inode_ino())
    }

    #[inline(always)]
    fn superblock(self) -> Option<u64> {
        u64_at(self.0 + layout().inode_sb())
    }

    /// Magic number of its filesystem.
    #[inline(always)]
    pub fn magic(self) -> Option<u64> {
        u64_at(self.superblock()? + layout().sb_magic())
    }

    /// Name of its filesystem's type.
    #[inline(always)]
    pub fn filesystem(self, to: &mut [u8]) {
        if let Some(kind) = self
            .superblock()
            .and_then(|sb| u64_at(sb + layout().sb_type()))
        {
            fs_name(kind, to);
        }
    }

    #[inline(always)]
    pub fn id(self) -> Option<FileId> {
        let dev = u32_at(self.superblock()? + layout().sb_dev())?;
        Some(FileId::new(dev, self.number()?))
    }

    /// Of a file below `/proc/PID`, that task. Only to be read from.
    #[inline(always)]
    pub fn process(self) -> Option<Task> {
        let pid = u64_at(self.0 - layout().proc_inode() + layout().proc_pid())?;
        let link = u64_at(pid + layout().pid_tasks()).filter(|link| *link != 0)?;
        Task::from_arg((link - layout().task_pid_links()) as *const _)
    }

    /// Of a file on nsfs, the number of the namespace.
    #[inline(always)]
    pub fn namespace(self) -> Option<u32> {
        namespace_number(u64_at(self.0 + layout().inode_private())?)
    }
}

/// A `struct mount`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mount(u64);

/// Which mount namespace a mount is in.
pub enum Place {
    /// The one with this number.
    Namespace(u32),
    /// None: the kernel's own, which no path leads to (pipes, memfds, sockets, message queues).
    Internal,
    /// None: it was taken away, or never attached.
    Detached,
}

impl Mount {
    /// The mount of the `struct path` at an address.
    #[inline(always)]
    pub fn of_path(path: u64) -> Option<Self> {
        u64_at(path + layout().path_mnt()).map(Self::of)
    }

    #[inline(always)]
    fn of(vfsmount: u64) -> Self {
        Self(vfsmount - layout().mount_vfs())
    }

    /// Address of the mount namespace it is in.
    #[inline(always)]
    pub fn ns(self) -> Option<u64> {
        u64_at(self.0 + layout().mount_ns())
    }

    #[inline(always)]
    pub fn place(self) -> Option<Place> {
        let ns = self.ns()?;
        if ns >= ERRORS {
            return Some(Place::Internal);
        }
        if ns == 0 {
            let sb = u64_at(self.0 + layout().mount_vfs() + layout().vfsmount_sb())?;
            let by_kernel = u64_at(sb + layout().sb_flags())? & SB_KERNMOUNT != 0;
            return Some(if by_kernel {
                Place::Internal
            } else {
                Place::Detached
            });
        }
        Some(match namespace_number(ns + layout().mnt_ns_common())? {
            0 | ANONYMOUS => Place::Detached,
            number => Place::Namespace(number),
        })
    }

    /// Does what is mounted on this one appear in that namespace, too? Doubt, and more peers than can
    /// be asked, say yes.
    #[inline(always)]
    pub fn spreads_to(self, mount_ns: u64) -> bool {
        let in_group = u32_at(self.0 + layout().mount_group()) != Some(0);
        in_group && self.has_peer_in(mount_ns).unwrap_or(true)
    }

    #[inline(always)]
    fn has_peer_in(self, mount_ns: u64) -> Option<bool> {
        let share = layout().mount_share();
        let mut next = u64_at(self.0 + share)?;
        for _ in 0..MOUNTS {
            let peer = next - share;
            if peer == self.0 {
                return Some(false);
            }
            if u64_at(peer + layout().mount_ns())? == mount_ns {
                return Some(true);
            }
            next = u64_at(next)?;
        }
        None
    }

    /// Is its filesystem mounted in that namespace? Doubt, and more mounts than can be asked, say yes.
    #[inline(always)]
    pub fn is_mounted_in(self, mount_ns: u64) -> bool {
        self.has_another_in(mount_ns).unwrap_or(true)
    }

    #[inline(always)]
    fn has_another_in(self, mount_ns: u64) -> Option<bool> {
        let sb = u64_at(self.0 + layout().mount_vfs() + layout().vfsmount_sb())?;
        let list = layout().mounts_are_list();
        let (end, link) = if list {
            (sb + layout().sb_mounts(), layout().mount_next_of_sb())
        } else {
            (0, 0)
        };
        let mut next = u64_at(sb + layout().sb_mounts())?;
        for _ in 0..MOUNTS {
            if next == end {
                return Some(false);
            }
            let mount = next - link;
            if u64_at(mount + layout().mount_ns())? == mount_ns {
                return Some(true);
            }
            next = u64_at(mount + layout().mount_next_of_sb())?;
        }
        None
    }

    /// One step up from a directory of this mount: to its parent, or, from the mount's root, to
    /// where it is mounted. `None` at the top.
    #[inline(always)]
    pub fn up(self, at: Dentry) -> Option<(Self, Dentry)> {
        let root = u64_at(self.0 + layout().mount_vfs() + layout().vfsmount_root())?;
        if at.0 != root {
            return at.parent().map(|parent| (self, parent));
        }
        let parent = Self(u64_at(self.0 + layout().mount_parent())?);
        if parent == self {
            return None;
        }
        let mountpoint = u64_at(self.0 + layout().mount_mountpoint())?;
        Some((parent, Dentry(mountpoint)))
    }
}

/// A `struct dentry`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dentry(pub u64);

impl Dentry {
    #[inline(always)]
    pub fn of_path(path: u64) -> Option<Self> {
        u64_at(path + layout().path_dentry()).map(Self)
    }

    /// The directory it is in. `None` at the top of the filesystem.
    #[inline(always)]
    pub fn parent(self) -> Option<Self> {
        let parent = u64_at(self.0 + layout().dentry_parent())?;
        (parent != self.0).then_some(Self(parent))
    }

    #[inline(always)]
    pub fn inode(self) -> Option<Inode> {
        u64_at(self.0 + layout().dentry_inode())
            .filter(|inode| *inode != 0)
            .map(Inode)
    }

    #[inline(always)]
    pub fn name(self, to: &mut [u8]) {
        if let Some(name) = u64_at(self.0 + layout().dentry_name() + layout().name_text()) {
            let _ = text_at(name, to);
        }
    }
}
