//! The admission walk: which host paths does this mount tree really show?
//!
//! A state machine with one small step per call, because nested loops do not verify and because
//! `bpf_loop` callbacks want it so. It is generic over [`Host`]: the probe runs it on kernel memory,
//! the unit tests on a fake memory, and both run this very code.
//!
//! For every mount of the namespace: climb from its root to the top of its superblock, then from
//! every mountpoint where the host has that superblock mounted up to the host's `/`. Every way must
//! meet an anchor. `DESIGN.md` section 3 has the reasons.

mod climb;
mod host;
mod judge;
mod kubelet;
mod masks;
mod name;
mod own;
#[cfg(test)]
mod tests;

pub use host::Host;
pub use kubelet::{PLUGIN, WRITTEN};
pub use masks::{HIDDEN, MASKS};
pub use name::{NAME, Names};
pub use own::{OWN_FILES, OWN_FOLDERS};

use crate::{
    admission::{Facts, Violations},
    anchor::{Anchor, BUILD_ONLY, ROOTLESS_ONLY},
    container::{BUILD, Profile, bit},
    limits,
    rule::{causes, rules},
};

/// Steps after which a walk is given up and refused. About 250 are taken for a plain container, 20
/// per further mount.
pub const MAX_STEPS: u32 = 1 << 19;
/// How often the walk starts again because the host changed its mounts under it.
const MAX_RESTARTS: u32 = 16;

// What the next step does. Each is small, because the verifier multiplies the branches of one step.
const LOOK: u32 = 0;
const INSIDE: u32 = 1;
const INSIDE_UP: u32 = 2;
const HOST_MOUNTS: u32 = 3;
const CLIMB: u32 = 4;
const CLIMB_UP: u32 = 5;
const RULE: u32 = 6;
const OWN_ID: u32 = 7;
const OWN_ID_WORD: u32 = 8;
const COVER: u32 = 9;
const NAME_INSIDE: u32 = 10;
const NAME_HOST: u32 = 11;
const NAME_PATH: u32 = 12;
const DOWN: u32 = 13;
const ACROSS: u32 = 14;
const MASK: u32 = 15;
const BUILDAH: u32 = 16;
const OWN_FILE: u32 = 17;
const KUBELET: u32 = 18;
const DONE: u32 = 19;

/// Violations that a record names.
pub const NAMED: u32 = 8;
/// Bits of a cause in `Finding::causes`.
pub const CAUSE_BITS: u32 = 4;

/// The state between two steps. All zeroes is a valid, idle value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Walk {
    /// Ids of which `OWN_ID` anchors ask, as words.
    ids: [[u64; limits::ID / 8]; 3],
    /// Root mount of the namespace that is walked.
    root: u64,
    /// Mount that the task's root directory is on.
    task_root: u64,
    /// 1 where the task is in the host's user namespace.
    rootful: u64,
    /// The mount under examination, its superblock, and where the climb from it is.
    mount: u64,
    sb: u64,
    magic: u64,
    climb: u64,
    dentry: u64,
    /// The component climbed last: what lies just below `dentry`.
    below: u64,
    /// `below` at the top of `sb`, where every way on the host's side begins.
    inside_below: u64,
    /// Next host mount of `sb` to look at.
    next: u64,
    /// The host mount by which the climb went, 0 inside the superblock.
    origin: u64,
    phase: u32,
    /// Components between the mount's root and `dentry`; `inside_depth` those inside `sb`.
    depth: u32,
    inside_depth: u32,
    host_mounts: u32,
    restarts: u32,
    cause: u32,
    /// `cause` at the top of `sb`, for every way on the host's side anew.
    inside_cause: u32,
    /// Flags of rules that are not for this container.
    closed: u32,
    /// The container's profile, the rules that it does not ask about, and the kernel filesystems
    /// that it lets in.
    profile: u32,
    unasked: u32,
    filesystems: u32,
    /// While the mounts over a `/proc` are looked at: `MASKS` bits that were found.
    masked: u32,
    /// The anchor found at `dentry`, and which of its rules is next.
    anchor: Anchor,
    rule: u32,
    /// While the name at `text` is compared with the ids: the next word, and what differed so far. For
    /// the kubelet the component to look at, and how many it lies below the anchor.
    word: u32,
    text: u64,
    differs: [u64; 3],
    pub steps: u32,
    pub mounts: u32,
    /// What the task has besides, and what of all that its profile does not let in.
    pub facts: Facts,
    pub violations: Violations,
    /// What the first violation is about. `host_path` and `path` are its names.
    pub found: Finding,
    pub host_path: Names<{ limits::HOST_PATH }>,
    pub path: Names<{ limits::PATH }>,
}

/// The mount tree to walk, by kernel addresses.
pub struct Tree {
    /// Topmost mount of the namespace.
    pub root: u64,
    /// Mount that the task's root directory is on.
    pub task_root: u64,
    /// 1 where the task is in the host's user namespace.
    pub rootful: u64,
    /// `Container::kind`.
    pub kind: u32,
    /// The profile's number, and what it says.
    pub profile: u32,
    pub says: Profile,
}

/// The result of a walk.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Finding {
    /// Mounts that violate the policy.
    pub violations: u32,
    /// Why the first of them does.
    pub cause: u32,
    /// Of how many the names are known, and why each of them violates it, in `CAUSE_BITS` each.
    pub named: u32,
    pub causes: u32,
    /// Rules that are broken, and by which kernel filesystems, as in `admission::Facts`.
    pub broken: u32,
    pub filesystems: u32,
    /// Its root's inode number, its device, and the address of its `file_system_type`.
    pub ino: u64,
    pub fs_type: u64,
    pub dev: u32,
    /// Which of the named ones may be written to, a bit each.
    pub writable: u32,
}

impl Walk {
    pub const IDLE: Self = Self {
        ids: [[0; limits::ID / 8]; 3],
        root: 0,
        task_root: 0,
        rootful: 0,
        mount: 0,
        sb: 0,
        magic: 0,
        climb: 0,
        dentry: 0,
        below: 0,
        inside_below: 0,
        next: 0,
        origin: 0,
        phase: 0,
        depth: 0,
        inside_depth: 0,
        host_mounts: 0,
        restarts: 0,
        cause: 0,
        inside_cause: 0,
        closed: 0,
        profile: 0,
        unasked: 0,
        filesystems: 0,
        masked: 0,
        anchor: Anchor::NONE,
        rule: 0,
        word: 0,
        text: 0,
        differs: [0; 3],
        steps: 0,
        mounts: 0,
        facts: Facts::NONE,
        violations: Violations::NONE,
        found: Finding::NONE,
        host_path: Names::EMPTY,
        path: Names::EMPTY,
    };

    /// Prepares the walk of `tree`, for a container that goes by `ids`.
    #[inline(always)]
    pub fn begin(&mut self, tree: &Tree, ids: &[[u8; limits::ID]; 3]) {
        for (words, id) in self.ids.iter_mut().zip(ids) {
            for (word, bytes) in words.iter_mut().zip(id.as_chunks::<8>().0) {
                *word = u64::from_ne_bytes(*bytes);
            }
        }
        self.root = tree.root;
        self.task_root = tree.task_root;
        self.rootful = tree.rootful;
        self.profile = tree.profile;
        self.unasked = tree.says.allow;
        self.filesystems = tree.says.filesystems;
        self.closed = if tree.kind == BUILD { 0 } else { BUILD_ONLY };
        self.closed |= if tree.rootful == 0 { 0 } else { ROOTLESS_ONLY };
        self.restarts = 0;
        self.steps = 0;
        self.rewind();
    }

    #[inline(always)]
    fn rewind(&mut self) {
        self.mount = self.root;
        self.phase = LOOK;
        self.mounts = 0;
        self.found = Finding::NONE;
    }

    /// One step. True when there is nothing left to do.
    #[inline(always)]
    pub fn step<H: Host>(&mut self, host: &H) -> bool {
        self.steps += 1;
        let moved = match self.phase {
            LOOK => self.look(host),
            INSIDE => self.inside(host),
            INSIDE_UP => self.inside_up(host),
            HOST_MOUNTS => self.host_mounts(host),
            CLIMB => self.climb(host),
            CLIMB_UP => self.climb_up(host),
            RULE => self.rule(host),
            OWN_ID => self.own_id(host),
            OWN_ID_WORD => self.own_id_word(host),
            OWN_FILE => self.own_file(host),
            BUILDAH => self.buildah(host),
            KUBELET => self.kubelet(host),
            COVER => self.cover(host),
            NAME_INSIDE => self.name_inside(host),
            NAME_HOST => self.name_host(host),
            NAME_PATH => self.name_path(host),
            DOWN => self.down(host),
            ACROSS => self.across(host),
            MASK => self.mask(host),
            _ => return true,
        };
        if moved.is_none() {
            self.restart();
        }
        self.phase == DONE
    }

    /// The result. A walk that did not end refuses.
    #[inline(always)]
    pub fn finish(&mut self) {
        if self.phase != DONE {
            self.give_up(causes::OUT_OF_STEPS);
        }
    }

    /// Something could not be read: the host changes its mounts meanwhile. Begin again.
    #[inline(always)]
    fn restart(&mut self) {
        self.restarts += 1;
        if self.restarts > MAX_RESTARTS {
            self.give_up(causes::UNREADABLE);
        } else {
            self.host_path = Names::EMPTY;
            self.path = Names::EMPTY;
            self.rewind();
        }
    }

    #[inline(always)]
    fn give_up(&mut self, cause: u32) {
        if self.found.violations == 0 {
            self.found.cause = cause;
        }
        self.found.violations += 1;
        self.found.broken |= bit(rules::HOST_PATH);
        self.phase = DONE;
    }

    /// The first child of this mount.
    #[inline(always)]
    fn down<H: Host>(&mut self, host: &H) -> Option<()> {
        let head = self.mount + host.layout().mount_children();
        let first = host.pointer(head)?;
        if first == head {
            self.phase = ACROSS;
        } else {
            self.mount = first - host.layout().mount_sibling();
            self.phase = LOOK;
        }
        Some(())
    }

    /// The next child of the parent, or the parent itself.
    #[inline(always)]
    fn across<H: Host>(&mut self, host: &H) -> Option<()> {
        if self.mount == self.root {
            self.phase = DONE;
            return Some(());
        }
        let parent = host.pointer(self.mount + host.layout().mount_parent())?;
        let next = host.pointer(self.mount + host.layout().mount_sibling())?;
        if next == parent + host.layout().mount_children() {
            self.mount = parent;
        } else {
            self.mount = next - host.layout().mount_sibling();
            self.phase = LOOK;
        }
        Some(())
    }
}

/// The rule that a mount breaks.
#[inline(always)]
#[must_use]
pub const fn rule_of(cause: u32) -> u32 {
    match cause {
        causes::BLOCK_DEVICE => rules::BLOCK_DEVICE,
        causes::KERNEL_FILESYSTEM => rules::KERNEL_FILESYSTEM,
        causes::UNMASKED => rules::PROC_MOUNT,
        _ => rules::HOST_PATH,
    }
}

impl Finding {
    const NONE: Self = Self {
        violations: 0,
        cause: causes::NONE,
        named: 0,
        causes: 0,
        broken: 0,
        filesystems: 0,
        ino: 0,
        fs_type: 0,
        dev: 0,
        writable: 0,
    };
}
