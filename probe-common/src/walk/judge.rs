//! The judgement: does this anchor allow, does this violation count?

use super::{COVER, DOWN, Host, NAME_INSIDE, Walk, name::Names};
use crate::{
    anchor::{ALLOW_ANY_FS, ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, FileId, OWN_ID, READ_ONLY},
    limits,
    rule::causes,
};

const MNT_READONLY: u32 = 0x40;
const SB_RDONLY: u64 = 1;

impl Walk {
    /// Is there an anchor at `dentry`, on superblock `sb`, that allows this mount?
    #[inline(always)]
    pub(super) fn anchored<H: Host>(&mut self, host: &H, sb: u64) -> Option<bool> {
        let inode = host.pointer(self.dentry + host.layout().dentry_inode())?;
        let ino = host.u64(inode + host.layout().inode_ino())?;
        let dev = host.u32(sb + host.layout().sb_dev())?;
        let Some(anchor) = host.anchor(&FileId::new(dev, ino)) else {
            return Some(false);
        };
        for rule in &anchor.rules {
            if self.allows(host, rule)? {
                return Some(true);
            }
        }
        Some(false)
    }

    #[inline(always)]
    fn allows<H: Host>(&mut self, host: &H, rule: &AnchorRule) -> Option<bool> {
        let how = if self.origin == 0 {
            rule.flags & ALLOW_DIRECT != 0
        } else {
            rule.flags & ALLOW_MOUNTED != 0 && self.fs_allowed(rule)
        };
        if !how || self.depth < rule.min_depth {
            return Some(false);
        }
        if rule.flags & OWN_ID != 0 && !self.below_is_own(host)? {
            return Some(false);
        }
        if rule.flags & READ_ONLY != 0 && !self.is_read_only(host)? {
            self.cause = causes::NOT_READ_ONLY;
            return Some(false);
        }
        Some(true)
    }

    #[inline(always)]
    fn fs_allowed(&self, rule: &AnchorRule) -> bool {
        rule.flags & ALLOW_ANY_FS != 0
            || rule
                .fs
                .iter()
                .any(|fs| *fs != 0 && u64::from(*fs) == self.magic)
    }

    /// Is the component just below the anchor one of the container's own ids?
    #[inline(always)]
    fn below_is_own<H: Host>(&self, host: &H) -> Option<bool> {
        if self.below == 0 {
            return Some(false);
        }
        let name = self.below + host.layout().dentry_name();
        if host.u32(name + host.layout().name_len())? != limits::ID as u32 {
            return Some(false);
        }
        let text = host.pointer(name + host.layout().name_text())?;
        let [mut first, mut second, mut third] = [0, 0, 0];
        let [own, net, ipc] = &self.ids;
        for (i, ((own, net), ipc)) in own.iter().zip(net).zip(ipc).enumerate() {
            let word = host.u64(text + 8 * i as u64)?;
            first |= own ^ word;
            second |= net ^ word;
            third |= ipc ^ word;
        }
        Some(first == 0 || second == 0 || third == 0)
    }

    #[inline(always)]
    fn is_read_only<H: Host>(&self, host: &H) -> Option<bool> {
        let flags = self.mount + host.layout().mount_vfs() + host.layout().vfsmount_flags();
        let mount = host.u32(flags)? & MNT_READONLY != 0;
        let sb = host.u64(self.sb + host.layout().sb_flags())? & SB_RDONLY != 0;
        Some(mount || sb)
    }

    /// This mount violates the policy, unless nothing can reach it.
    #[inline(always)]
    pub(super) fn suspect<H: Host>(&mut self, host: &H) -> Option<()> {
        self.climb = self.mount;
        self.below = 0;
        self.next = host.pointer(self.mount + host.layout().mount_children())?;
        self.phase = COVER;
        Some(())
    }

    /// Looks for a mount that completely covers `climb`, starting at the suspect and going up to
    /// the task's root; `below` is the mount the way came from.
    #[inline(always)]
    pub(super) fn cover<H: Host>(&mut self, host: &H) -> Option<()> {
        let layout = host.layout();
        if self.climb == self.task_root {
            return self.convict(host);
        }
        if self.next != self.climb + layout.mount_children() {
            let child = self.next - layout.mount_sibling();
            self.next = host.pointer(self.next)?;
            if child != self.below && host.mountpoint(child)? == host.mount_root(self.climb)? {
                self.phase = DOWN;
            }
            return Some(());
        }
        let parent = host.mount_parent(self.climb)?;
        if parent == self.climb {
            return self.convict(host);
        }
        self.below = self.climb;
        self.climb = parent;
        self.next = host.pointer(parent + layout.mount_children())?;
        Some(())
    }

    /// Counts the violation; the first is described in the record.
    #[inline(always)]
    fn convict<H: Host>(&mut self, host: &H) -> Option<()> {
        self.found.violations += 1;
        if self.found.violations > 1 {
            self.phase = DOWN;
            return Some(());
        }
        self.dentry = host.mount_root(self.mount)?;
        let inode = host.pointer(self.dentry + host.layout().dentry_inode())?;
        self.found.cause = self.cause;
        self.found.ino = host.u64(inode + host.layout().inode_ino())?;
        self.found.dev = host.u32(self.sb + host.layout().sb_dev())?;
        self.found.fs_type = host.u64(self.sb + host.layout().sb_type())?;
        self.host_path = Names::EMPTY;
        self.path = Names::EMPTY;
        self.phase = NAME_INSIDE;
        Some(())
    }
}
