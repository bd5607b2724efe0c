//! The machine a walk runs on.

use super::name::NAME;
use crate::{
    anchor::{Anchor, FileId},
    container::DeviceGrant,
    layout::Layout,
};

/// Kernel memory, and what the agent has told the probe.
pub trait Host {
    fn layout(&self) -> &Layout;
    /// The value at an address, `None` where it cannot be read.
    fn u64(&self, at: u64) -> Option<u64>;
    fn u32(&self, at: u64) -> Option<u32>;
    /// The text at an address, cut to fit, with its NUL. Returns the bytes used, NUL included.
    fn text(&self, at: u64, to: &mut [u8; NAME]) -> Option<usize>;
    fn anchor(&self, id: &FileId) -> Option<Anchor>;
    /// Does the policy give this device to this profile?
    fn grants(&self, grant: &DeviceGrant) -> bool;
    /// Address of the host's mount namespace.
    fn mount_ns(&self) -> u64;

    /// A pointer that a healthy structure never has as 0.
    #[inline(always)]
    fn pointer(&self, at: u64) -> Option<u64> {
        self.u64(at).filter(|to| *to != 0)
    }

    #[inline(always)]
    fn mount_sb(&self, mount: u64) -> Option<u64> {
        self.pointer(mount + self.layout().mount_vfs() + self.layout().vfsmount_sb())
    }

    #[inline(always)]
    fn mount_root(&self, mount: u64) -> Option<u64> {
        self.pointer(mount + self.layout().mount_vfs() + self.layout().vfsmount_root())
    }

    #[inline(always)]
    fn mountpoint(&self, mount: u64) -> Option<u64> {
        self.pointer(mount + self.layout().mount_mountpoint())
    }

    /// The mount a mount is mounted on; itself at the top of a namespace.
    #[inline(always)]
    fn mount_parent(&self, mount: u64) -> Option<u64> {
        self.pointer(mount + self.layout().mount_parent())
    }

    /// The directory a directory is in; itself at the top of a superblock.
    #[inline(always)]
    fn dentry_parent(&self, dentry: u64) -> Option<u64> {
        self.pointer(dentry + self.layout().dentry_parent())
    }
}
