//! The judgement: does this anchor allow, does this violation count?

use super::{
    BUILDAH, CAUSE_BITS, CLIMB_UP, COVER, DOWN, HOST_MOUNTS, Host, INSIDE_UP, KUBELET, NAME_INSIDE,
    NAMED, OWN_ID, RULE, Walk, rule_of,
};
use crate::{
    admission,
    anchor::{
        self, ALLOW_ANY_FS, ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, FileId, READ_ONLY, ROOT_ONLY,
        RULES,
    },
    container::bit,
    file::{S_IFDIR, S_IFMT},
    rule::{causes, rules},
};

const MNT_READONLY: u32 = 0x40;
const SB_RDONLY: u64 = 1;

/// Do the flags of a `vfsmount` say so?
pub(super) const fn is_read_only(flags: u32) -> bool {
    flags & MNT_READONLY != 0
}

impl Walk {
    /// Is there an anchor at `dentry`, on superblock `sb`? Then its rules are next.
    #[inline(always)]
    pub(super) fn find_anchor<H: Host>(&mut self, host: &H, sb: u64) -> Option<bool> {
        let inode = host.pointer(self.dentry + host.layout().dentry_inode())?;
        let ino = host.u64(inode + host.layout().inode_ino())?;
        let dev = host.u32(sb + host.layout().sb_dev())?;
        let Some(anchor) = host.anchor(&FileId::new(dev, ino)) else {
            return Some(false);
        };
        self.anchor = anchor;
        self.rule = 0;
        Some(true)
    }

    /// Asks the next rule of the anchor.
    #[inline(always)]
    pub(super) fn rule<H: Host>(&mut self, host: &H) -> Option<()> {
        let [first, second] = self.anchor.rules;
        let rule = match self.rule {
            0 => first,
            1 => second,
            _ => self.anchor.of_policy(self.profile),
        };
        if !self.reaches(&rule) {
            return self.next_rule();
        }
        if rule.flags & READ_ONLY != 0 && !self.is_read_only(host)? {
            self.cause = causes::NOT_READ_ONLY;
            return self.next_rule();
        }
        self.phase = if rule.flags & anchor::OWN_ID != 0 {
            OWN_ID
        } else if rule.flags & anchor::BUILDAHS != 0 {
            BUILDAH
        } else if rule.flags & anchor::KUBELETS != 0 {
            self.kubelet_begin(host)?;
            KUBELET
        } else {
            self.allowed()
        };
        Some(())
    }

    /// Is the component just below the anchor one that buildah names? What is mounted there it has
    /// mounted itself, an overlay over whatever it was told: that says no more than if it were in the
    /// step alone.
    #[inline(always)]
    pub(super) fn buildah<H: Host>(&mut self, host: &H) -> Option<()> {
        const NAME: [u8; 8] = *b"buildah\0";
        if self.below == 0 {
            return self.next_rule();
        }
        let name = self.below + host.layout().dentry_name();
        if host.u32(name + host.layout().name_len())? < NAME.len() as u32 {
            return self.next_rule();
        }
        let text = host.pointer(name + host.layout().name_text())?;
        let last = u64::from_ne_bytes([0, 0, 0, 0, 0, 0, 0, u8::MAX]);
        if host.u64(text)? & !last != u64::from_ne_bytes(NAME) {
            return self.next_rule();
        }
        if self.origin != 0 {
            self.host_mounts = self.host_mounts.wrapping_sub(1);
        }
        self.phase = self.allowed();
        Some(())
    }

    /// Is the rule about a mount like this one, in a container like this one?
    #[inline(always)]
    fn reaches(&self, rule: &AnchorRule) -> bool {
        let wanted = if self.origin == 0 {
            ALLOW_DIRECT
        } else {
            ALLOW_MOUNTED
        };
        let type_fits = self.origin == 0
            || rule.flags & ALLOW_ANY_FS != 0
            || rule
                .fs
                .iter()
                .any(|fs| *fs != 0 && u64::from(*fs) == self.magic);
        let place_fits = rule.flags & ROOT_ONLY == 0 || self.mount == self.task_root;
        let open = rule.flags & wanted != 0 && rule.flags & self.closed == 0;
        open && self.depth >= rule.min_depth && type_fits && place_fits
    }

    /// This rule does not allow: the next one, or on with the climb.
    #[inline(always)]
    pub(super) fn next_rule(&mut self) -> Option<()> {
        let climbing = if self.origin == 0 {
            INSIDE_UP
        } else {
            CLIMB_UP
        };
        self.rule += 1;
        self.phase = if self.rule <= RULES as u32 {
            RULE
        } else {
            climbing
        };
        Some(())
    }

    /// The way is anchored. Inside the superblock that settles the mount; on the host's side the
    /// other host mounts of this superblock must be, too.
    #[inline(always)]
    pub(super) fn allowed(&self) -> u32 {
        if self.origin == 0 { DOWN } else { HOST_MOUNTS }
    }

    #[inline(always)]
    pub(super) fn is_read_only<H: Host>(&self, host: &H) -> Option<bool> {
        let flags = self.mount + host.layout().mount_vfs() + host.layout().vfsmount_flags();
        let mount = is_read_only(host.u32(flags)?);
        let sb = host.u64(self.sb + host.layout().sb_flags())? & SB_RDONLY != 0;
        Some(mount || sb)
    }

    /// This mount violates the policy, unless nothing can reach it.
    #[inline(always)]
    pub(super) fn suspect<H: Host>(&mut self, host: &H) -> Option<()> {
        if admission::filesystem(self.magic) != 0 {
            self.cause = causes::KERNEL_FILESYSTEM;
        }
        let disk = host.u64(self.sb + host.layout().sb_bdev())?;
        // Who may mount a disk may have whatever is on it.
        if self.is_let_in() || disk != 0 && self.may_mount(host, disk)? {
            self.phase = DOWN;
            return Some(());
        }
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
            let root = host.mount_root(self.climb)?;
            if child != self.below && host.mountpoint(child)? == root {
                // What lies over a file goes as soon as something is renamed over that file where no
                // mount is in the way.
                self.phase = if is_directory(host, root)? {
                    DOWN
                } else {
                    COVER
                };
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

    /// Does the profile not ask about such a mount?
    #[inline(always)]
    fn is_let_in(&self) -> bool {
        let rule = rule_of(self.cause);
        let filesystem = rule == rules::KERNEL_FILESYSTEM
            && self.filesystems & admission::filesystem(self.magic) != 0;
        filesystem || self.unasked & bit(rule) != 0
    }

    /// Counts the violation. The first few are named in the record, the first one described.
    #[inline(always)]
    fn convict<H: Host>(&mut self, host: &H) -> Option<()> {
        self.found.violations += 1;
        let rule = rule_of(self.cause);
        self.found.broken |= bit(rule);
        if rule == rules::KERNEL_FILESYSTEM {
            self.found.filesystems |= admission::filesystem(self.magic);
        }
        if self.found.named >= NAMED || !self.host_path.has_room() || !self.path.has_room() {
            self.phase = DOWN;
            return Some(());
        }
        self.dentry = host.mount_root(self.mount)?;
        if self.found.named == 0 {
            let inode = host.pointer(self.dentry + host.layout().dentry_inode())?;
            self.found.cause = self.cause;
            self.found.ino = host.u64(inode + host.layout().inode_ino())?;
            self.found.dev = host.u32(self.sb + host.layout().sb_dev())?;
            self.found.fs_type = host.u64(self.sb + host.layout().sb_type())?;
        }
        self.found.causes |= self.cause << (CAUSE_BITS * self.found.named);
        if !self.is_read_only(host)? {
            self.found.writable |= 1 << self.found.named;
        }
        self.found.named += 1;
        self.phase = NAME_INSIDE;
        Some(())
    }
}

#[inline(always)]
fn is_directory<H: Host>(host: &H, dentry: u64) -> Option<bool> {
    let inode = host.pointer(dentry + host.layout().dentry_inode())?;
    let mode = host.u32(inode + host.layout().inode_mode())?;
    Some(mode & S_IFMT == S_IFDIR)
}
