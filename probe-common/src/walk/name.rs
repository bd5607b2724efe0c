//! Names for the record: climbed once more, only after a violation.

use super::{DOWN, Host, NAME_HOST, NAME_PATH, Walk, climb::Rise};

/// Bytes of one component with its NUL; a longer one is cut.
pub const NAME: usize = 80;

/// Paths, each as its components from the leaf to the root, each with its NUL, and one NUL more.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Names<const N: usize> {
    pub len: u32,
    /// 1 if a component, or the end of one, had no room.
    pub cut: u32,
    pub bytes: [u8; N],
}

impl<const N: usize> Names<N> {
    pub const EMPTY: Self = Self {
        len: 0,
        cut: 0,
        bytes: [0; N],
    };

    #[inline(always)]
    fn push<H: Host>(&mut self, host: &H, dentry: u64) -> Option<()> {
        let name =
            host.pointer(dentry + host.layout().dentry_name() + host.layout().name_text())?;
        let at = self.len as usize;
        // One comparison that the verifier can follow, instead of two slice checks.
        if at > N - NAME {
            self.cut = 1;
            return Some(());
        }
        let room = self.bytes.get_mut(at..at + NAME)?.first_chunk_mut()?;
        let used = host.text(name, room)?;
        // One of exactly this length counts as cut, too.
        self.cut |= u32::from(used >= NAME);
        self.len += if used > NAME {
            NAME as u32
        } else {
            used as u32
        };
        Some(())
    }
}

impl<const N: usize> Names<N> {
    /// For another path behind those that are there?
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.cut == 0 && self.len as usize <= N - NAME
    }

    /// Ends a path, with an empty component.
    #[inline(always)]
    fn end(&mut self) -> Option<()> {
        let at = self.len as usize;
        if at < N {
            *self.bytes.get_mut(at)? = 0;
            self.len += 1;
        }
        Some(())
    }
}

impl Walk {
    /// The components inside the superblock, up to where the host has it mounted.
    #[inline(always)]
    pub(super) fn name_inside<H: Host>(&mut self, host: &H) -> Option<()> {
        let top = self.origin != 0 && host.mount_root(self.origin)? == self.dentry;
        let parent = host.dentry_parent(self.dentry)?;
        if !top && parent != self.dentry {
            self.host_path.push(host, self.dentry)?;
            self.dentry = parent;
            return Some(());
        }
        // The way may have gone by a mount of another part of this filesystem: then what is inside
        // the filesystem is all that can truly be said.
        if !top {
            return self.name_path_begin(host);
        }
        self.climb = self.origin;
        self.dentry = host.mount_root(self.origin)?;
        self.phase = NAME_HOST;
        Some(())
    }

    /// The components from there to the host's `/`.
    #[inline(always)]
    pub(super) fn name_host<H: Host>(&mut self, host: &H) -> Option<()> {
        match self.rise(host)? {
            Rise::Component(name) => self.host_path.push(host, name),
            Rise::Mount => Some(()),
            Rise::Top => self.name_path_begin(host),
        }
    }

    #[inline(always)]
    fn name_path_begin<H: Host>(&mut self, host: &H) -> Option<()> {
        self.host_path.end()?;
        self.climb = self.mount;
        self.dentry = host.mount_root(self.mount)?;
        self.phase = NAME_PATH;
        Some(())
    }

    /// Where the mount is in the container.
    #[inline(always)]
    pub(super) fn name_path<H: Host>(&mut self, host: &H) -> Option<()> {
        let at_root = self.climb == self.task_root && host.mount_root(self.climb)? == self.dentry;
        let rise = if at_root { Rise::Top } else { self.rise(host)? };
        match rise {
            Rise::Component(name) => self.path.push(host, name)?,
            Rise::Mount => {}
            Rise::Top => {
                self.path.end()?;
                self.phase = DOWN;
            }
        }
        Some(())
    }
}
