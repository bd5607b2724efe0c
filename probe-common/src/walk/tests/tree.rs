//! The model: superblocks with directories, and mounts in namespaces.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    anchor::{Anchor, AnchorRule, FileId},
    container::{DeviceGrant, ORDINARY, Profile},
    limits,
};

pub const EXT4: u64 = 0xef53;
pub const TMPFS: u64 = 0x0102_1994;
pub const OVERLAY: u64 = 0x794c_7630;
pub const PROC: u64 = 0x9fa0;
pub const MQUEUE: u64 = 0x1980_0202;
pub const SYSFS: u64 = 0x6265_6572;
pub const DEVTMPFS: u64 = TMPFS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ns {
    Host,
    Container,
    Other,
}

#[derive(Clone, Debug)]
pub struct Sb {
    pub dev: u32,
    pub magic: u64,
    pub block: bool,
    pub read_only: bool,
    /// Its topmost directory.
    pub top: usize,
    /// Its mounts, oldest first.
    pub mounts: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Dir {
    pub name: String,
    pub sb: usize,
    pub ino: u64,
    pub parent: Option<usize>,
    /// Not a directory after all, but a character device.
    pub device: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Mount {
    pub sb: usize,
    pub root: usize,
    /// The mount it is mounted on, and on which directory of it.
    pub on: Option<(usize, usize)>,
    pub ns: Ns,
    pub read_only: bool,
    /// Oldest first.
    pub children: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Tree {
    pub sbs: Vec<Sb>,
    pub dirs: Vec<Dir>,
    pub mounts: Vec<Mount>,
    pub anchors: BTreeMap<FileId, Anchor>,
    pub grants: BTreeSet<DeviceGrant>,
    pub ids: [[u8; limits::ID]; 3],
    /// `Container::kind` and `Container::profile`.
    pub kind: u32,
    pub profile: u32,
    pub says: Profile,
    /// Whether its task is in the host's user namespace.
    pub rootful: bool,
    /// The topmost mount of the container's namespace, and the one its task's root is on.
    pub root: usize,
    pub task_root: usize,
}

/// Leaf first to `/root/first`.
pub fn path_of(leaf_first: impl Iterator<Item = String>) -> String {
    let mut components: Vec<_> = leaf_first.collect();
    components.reverse();
    format!("/{}", components.join("/"))
}

impl Tree {
    pub const EMPTY: Self = Self {
        sbs: Vec::new(),
        dirs: Vec::new(),
        mounts: Vec::new(),
        anchors: BTreeMap::new(),
        grants: BTreeSet::new(),
        ids: [[0; limits::ID]; 3],
        kind: ORDINARY,
        profile: 0,
        says: Profile {
            mode: 0,
            allow: 0,
            capabilities: 0,
            namespaces: 0,
            filesystems: 0,
        },
        rootful: true,
        root: 0,
        task_root: 0,
    };

    pub fn sb(&mut self, magic: u64, block: bool) -> usize {
        let sb = self.sbs.len();
        let top = self.dirs.len();
        self.sbs.push(Sb {
            dev: 8 << 20 | sb as u32,
            magic,
            block,
            read_only: false,
            top,
            mounts: Vec::new(),
        });
        self.push_dir("/", sb, None);
        sb
    }

    fn push_dir(&mut self, name: &str, sb: usize, parent: Option<usize>) -> usize {
        // Inode numbers repeat in other superblocks: only the pair with the device is unique.
        let ino = 2 + self.dirs.iter().filter(|dir| dir.sb == sb).count() as u64;
        self.dirs.push(Dir {
            name: name.into(),
            sb,
            ino,
            parent,
            device: None,
        });
        self.dirs.len() - 1
    }

    /// A new directory in a directory.
    pub fn sub(&mut self, parent: usize, name: &str) -> usize {
        self.push_dir(name, self.dirs[parent].sb, Some(parent))
    }

    /// The directory at a path below another; made where it is missing.
    pub fn below_dir(&mut self, from: usize, path: &str) -> usize {
        path.split('/')
            .filter(|c| !c.is_empty())
            .fold(from, |dir, name| {
                let known = |d: &Dir| d.parent == Some(dir) && d.name == name;
                let found = self.dirs.iter().position(known);
                found.unwrap_or_else(|| self.sub(dir, name))
            })
    }

    pub fn dir(&mut self, sb: usize, path: &str) -> usize {
        self.below_dir(self.sbs[sb].top, path)
    }

    /// A mount that nothing is above.
    pub fn root_mount(&mut self, ns: Ns, root: usize) -> usize {
        self.push_mount(ns, root, None)
    }

    /// Mounts `root` on a directory of the mount `on`, exactly there.
    pub fn mount_on(&mut self, on: (usize, usize), root: usize) -> usize {
        self.push_mount(self.mounts[on.0].ns, root, Some(on))
    }

    /// Mounts `root` at a path in the mount `on`; stacked, as the kernel does, on what is there.
    pub fn mount(&mut self, on: usize, path: &str, root: usize) -> usize {
        let dir = self.below_dir(self.mounts[on].root, path);
        let top = self.top_at(on, dir);
        self.mount_on(top, root)
    }

    /// The mount and directory that a look-up of this directory ends at.
    pub fn top_at(&self, on: usize, dir: usize) -> (usize, usize) {
        let here = |child: &&usize| self.mounts[**child].on == Some((on, dir));
        match self.mounts[on].children.iter().find(here) {
            Some(child) => self.top_at(*child, self.mounts[*child].root),
            None => (on, dir),
        }
    }

    fn push_mount(&mut self, ns: Ns, root: usize, on: Option<(usize, usize)>) -> usize {
        let mount = self.mounts.len();
        let sb = self.dirs[root].sb;
        self.mounts.push(Mount {
            sb,
            root,
            on,
            ns,
            read_only: false,
            children: Vec::new(),
        });
        self.sbs[sb].mounts.push(mount);
        if let Some((parent, _)) = on {
            self.mounts[parent].children.push(mount);
        }
        mount
    }

    pub fn id(&self, dir: usize) -> FileId {
        let dir = &self.dirs[dir];
        FileId::new(self.sbs[dir.sb].dev, dir.ino)
    }

    pub fn anchor(&mut self, dir: usize, slot: usize, rule: AnchorRule) {
        let id = self.id(dir);
        self.anchors.entry(id).or_default().rules[slot] = rule;
    }

    /// A host path of the policy, for one profile.
    pub fn let_in(&mut self, dir: usize, profile: u32, writable: bool) {
        let id = self.id(dir);
        let anchor = self.anchors.entry(id).or_default();
        let profiles = if writable {
            &mut anchor.writable
        } else {
            &mut anchor.read_only
        };
        profiles.insert(profile);
    }

    /// A mount and all below it, in the order of the walk.
    pub fn below(&self, mount: usize) -> Vec<usize> {
        let children = self.mounts[mount].children.iter();
        let mut all = vec![mount];
        all.extend(children.flat_map(|child| self.below(*child)));
        all
    }
}
