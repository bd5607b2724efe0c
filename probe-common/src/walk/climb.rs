//! The climb: from a mount's root to the host's `/`.

use super::{CLIMB, CLIMB_UP, DOWN, HOST_MOUNTS, Host, INSIDE, INSIDE_UP, RULE, Walk};
use crate::{
    admission,
    anchor::{BUILD_ONLY, ROOTLESS_ONLY},
    container::DeviceGrant,
    file::{
        S_IFCHR, S_IFMT,
        magic::{CGROUP2, MQUEUE, OVERLAY, PROC},
    },
    rule::causes,
};

/// What one step upwards went over.
pub(super) enum Rise {
    /// A component of this name.
    Component(u64),
    /// The border of a mount.
    Mount,
    /// Nothing: this is the top of the namespace.
    Top,
}

/// null, zero, full, random, urandom, tty, by device number: runtimes bind the host's own.
const fn harmless_device(rdev: u32) -> bool {
    const fn dev(major: u32, minor: u32) -> u32 {
        major << 20 | minor
    }
    const MEM: u32 = dev(1, 0);
    const TTY: u32 = dev(5, 0);
    rdev == TTY || matches!(rdev ^ MEM, 3 | 5 | 7 | 8 | 9)
}

impl Walk {
    /// Looks at a mount for the first time.
    #[inline(always)]
    pub(super) fn look<H: Host>(&mut self, host: &H) -> Option<()> {
        self.mounts += 1;
        self.sb = host.mount_sb(self.mount)?;
        self.magic = host.u64(self.sb + host.layout().sb_magic())?;
        self.dentry = host.mount_root(self.mount)?;
        self.below = 0;
        self.depth = 0;
        self.origin = 0;
        self.cause = causes::UNANCHORED;
        // What shows the kernel, not the host's files: the host and its containers share these
        // superblocks, so a mount of one says nothing about where it came from.
        let innocent = self.magic == MQUEUE
            || admission::is_everywhere(self.magic) && self.is_read_only(host)?
            || self.magic == CGROUP2 && self.is_builds_or_a_users() && !self.is_top(host)?
            || self.is_harmless_device(host)?;
        self.phase = if innocent { DOWN } else { INSIDE };
        Some(())
    }

    /// buildah gives every step a cgroup filesystem that it may write. Where it has a cgroup namespace
    /// of its own, that shows its own cgroup alone.
    #[inline(always)]
    fn is_builds_or_a_users(&self) -> bool {
        const CLOSED: u32 = BUILD_ONLY | ROOTLESS_ONLY;
        self.closed & CLOSED != CLOSED
    }

    /// Does the mount show the whole filesystem?
    #[inline(always)]
    fn is_top<H: Host>(&self, host: &H) -> Option<bool> {
        Some(host.dentry_parent(self.dentry)? == self.dentry)
    }

    #[inline(always)]
    fn is_harmless_device<H: Host>(&self, host: &H) -> Option<bool> {
        let inode = host.pointer(self.dentry + host.layout().dentry_inode())?;
        let mode = host.u32(inode + host.layout().inode_mode())?;
        if mode & S_IFMT != S_IFCHR {
            return Some(false);
        }
        Some(harmless_device(
            host.u32(inode + host.layout().inode_rdev())?,
        ))
    }

    /// Climbs inside the mount's own superblock: is there an anchor here?
    #[inline(always)]
    pub(super) fn inside<H: Host>(&mut self, host: &H) -> Option<()> {
        let anchored = self.find_anchor(host, self.sb)?;
        self.phase = if anchored { RULE } else { INSIDE_UP };
        Some(())
    }

    /// To the directory above.
    #[inline(always)]
    pub(super) fn inside_up<H: Host>(&mut self, host: &H) -> Option<()> {
        let parent = host.dentry_parent(self.dentry)?;
        if parent == self.dentry {
            self.inside_depth = self.depth;
            self.inside_below = self.below;
            self.inside_cause = self.cause;
            self.host_mounts = 0;
            self.next = host.u64(self.sb + host.layout().sb_mounts())?;
            self.phase = HOST_MOUNTS;
        } else {
            self.below = self.dentry;
            self.dentry = parent;
            self.depth += 1;
            self.phase = INSIDE;
        }
        Some(())
    }

    /// Takes the next mount of this superblock that is in the host's namespace.
    #[inline(always)]
    pub(super) fn host_mounts<H: Host>(&mut self, host: &H) -> Option<()> {
        let layout = host.layout();
        let list = layout.mounts_are_list();
        let end = if list {
            self.sb + layout.sb_mounts()
        } else {
            0
        };
        if self.next == end {
            return self.host_mounts_end(host);
        }
        if self.next == 0 {
            return None;
        }
        let mount = if list {
            self.next - layout.mount_next_of_sb()
        } else {
            self.next
        };
        if host.mount_sb(mount)? != self.sb {
            return None;
        }
        self.next = host.u64(mount + layout.mount_next_of_sb())?;
        if host.u64(mount + layout.mount_ns())? == host.mount_ns() {
            self.host_mounts += 1;
            self.origin = mount;
            self.climb = mount;
            self.dentry = host.mount_root(mount)?;
            self.below = self.inside_below;
            self.cause = self.inside_cause;
            self.depth = self.inside_depth;
            // Inside the superblock was searched already: only the border is of interest.
            self.phase = CLIMB_UP;
        }
        Some(())
    }

    /// All host mounts are anchored, or there is none and the filesystem is the container's own.
    #[inline(always)]
    fn host_mounts_end<H: Host>(&mut self, host: &H) -> Option<()> {
        self.origin = 0;
        if self.host_mounts == 0 {
            let disk = host.u64(self.sb + host.layout().sb_bdev())?;
            if disk != 0 {
                self.cause = causes::BLOCK_DEVICE;
                return self.suspect(host);
            }
            if admission::filesystem(self.magic) != 0 {
                return self.suspect(host);
            }
            if self.magic == PROC && self.inside_depth == 0 {
                return self.unmasked_begin(host);
            }
            // An overlay that set-up mounted for itself shows directories of the host, whichever it
            // was told. One made in a user namespace shows only what its user may see anyway.
            if self.magic == OVERLAY && self.rootful != 0 {
                self.cause = causes::UNANCHORED;
                return self.suspect(host);
            }
        }
        self.phase = DOWN;
        Some(())
    }

    /// Does the policy give this disk to the container?
    #[inline(always)]
    pub(super) fn may_mount<H: Host>(&self, host: &H, disk: u64) -> Option<bool> {
        let number = host.u32(disk + host.layout().bdev_number())?;
        Some(host.grants(&DeviceGrant::new(self.profile, true, number)))
    }

    /// Climbs the host's own path, mount by mount: is there an anchor here?
    #[inline(always)]
    pub(super) fn climb<H: Host>(&mut self, host: &H) -> Option<()> {
        let sb = host.mount_sb(self.climb)?;
        let anchored = self.find_anchor(host, sb)?;
        self.phase = if anchored { RULE } else { CLIMB_UP };
        Some(())
    }

    /// To the directory or the mount above.
    #[inline(always)]
    pub(super) fn climb_up<H: Host>(&mut self, host: &H) -> Option<()> {
        self.phase = CLIMB;
        match self.rise(host)? {
            Rise::Component(name) => {
                self.below = name;
                self.depth += 1;
            }
            Rise::Mount => {}
            Rise::Top => return self.suspect(host),
        }
        Some(())
    }

    /// One step up in the tree of mounts that `climb` is in.
    #[inline(always)]
    pub(super) fn rise<H: Host>(&mut self, host: &H) -> Option<Rise> {
        if host.mount_root(self.climb)? == self.dentry {
            let parent = host.mount_parent(self.climb)?;
            if parent == self.climb {
                return Some(Rise::Top);
            }
            self.dentry = host.mountpoint(self.climb)?;
            self.climb = parent;
            return Some(Rise::Mount);
        }
        let below = self.dentry;
        self.dentry = host.dentry_parent(below)?;
        // Renamed out of the mount it was reached by: there is no way up.
        if self.dentry == below {
            return Some(Rise::Top);
        }
        Some(Rise::Component(below))
    }
}
