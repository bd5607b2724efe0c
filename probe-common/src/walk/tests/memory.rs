//! A fake kernel memory, and a tree written down in it.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use super::tree::{Dir, Mount, Ns, Tree};
use crate::{
    anchor::{Anchor, FileId},
    container::DeviceGrant,
    layout::{FIELDS, Layout},
    walk::{Host, MASKS, NAME},
};

const BASE: u64 = 0xffff_8880_0000_0000;
/// Bytes of every object: more than the largest sum of nested offsets.
const OBJECT: u64 = 16 * FIELDS.len() as u64 + 16;
const HOST_NS: u64 = BASE - 0x3000;

pub struct Memory {
    layout: Layout,
    bytes: Vec<u8>,
    anchors: BTreeMap<FileId, Anchor>,
    grants: BTreeSet<DeviceGrant>,
    /// Addresses that cannot be read.
    pub holes: BTreeSet<u64>,
    /// What an address says the next so many times, before it tells the truth.
    pub lie: Cell<(u64, u64, u32)>,
}

impl Memory {
    fn new(list: bool, tree: &Tree) -> Self {
        let offsets = core::array::from_fn(|i| 8 * (i as u64 + 1));
        Self {
            layout: Layout::new(&offsets, list, 0, (1 << MASKS.len()) - 1),
            bytes: Vec::new(),
            anchors: tree.anchors.clone(),
            grants: tree.grants.clone(),
            holes: BTreeSet::new(),
            lie: Cell::new((0, 0, 0)),
        }
    }

    fn objects(&mut self, count: usize) -> Vec<u64> {
        let from = BASE + self.bytes.len() as u64;
        self.bytes
            .resize(self.bytes.len() + count * OBJECT as usize, 0);
        (0..count as u64).map(|i| from + i * OBJECT).collect()
    }

    /// Some bytes, and after them what does not belong to them.
    fn string(&mut self, text: &str) -> u64 {
        let at = BASE + self.bytes.len() as u64;
        self.bytes.extend(text.as_bytes());
        self.bytes.push(0);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(8) + 64, b'#');
        at
    }

    pub fn put(&mut self, at: u64, value: u64) {
        let at = (at - BASE) as usize;
        self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    fn read<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        if self.holes.contains(&at) {
            return None;
        }
        let at = usize::try_from(at.checked_sub(BASE)?).ok()?;
        self.bytes.get(at..at + N)?.try_into().ok()
    }
}

impl Host for Memory {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn u64(&self, at: u64) -> Option<u64> {
        let (lying, value, times) = self.lie.get();
        if at == lying && times > 0 {
            self.lie.set((lying, value, times - 1));
            return Some(value);
        }
        self.read(at).map(u64::from_le_bytes)
    }

    fn u32(&self, at: u64) -> Option<u32> {
        self.read(at).map(u32::from_le_bytes)
    }

    fn text(&self, at: u64, to: &mut [u8; NAME]) -> Option<usize> {
        for (i, to) in to.iter_mut().enumerate() {
            let [byte] = self.read(at + i as u64)?;
            *to = if i == NAME - 1 { 0 } else { byte };
            if *to == 0 {
                return Some(i + 1);
            }
        }
        None
    }

    fn anchor(&self, id: &FileId) -> Option<Anchor> {
        self.anchors.get(id).copied()
    }

    fn grants(&self, grant: &DeviceGrant) -> bool {
        self.grants.contains(grant)
    }

    fn mount_ns(&self) -> u64 {
        HOST_NS
    }
}

/// A tree in memory: where each of its parts is.
pub struct Image {
    pub memory: Memory,
    pub sbs: Vec<u64>,
    pub dirs: Vec<u64>,
    pub inodes: Vec<u64>,
    pub mounts: Vec<u64>,
}

impl Image {
    /// `list`: the mounts of a superblock are a `list_head`.
    pub fn of(tree: &Tree, list: bool) -> Self {
        let mut memory = Memory::new(list, tree);
        let mut image = Self {
            sbs: memory.objects(tree.sbs.len()),
            dirs: memory.objects(tree.dirs.len()),
            inodes: memory.objects(tree.dirs.len()),
            mounts: memory.objects(tree.mounts.len()),
            memory,
        };
        for i in 0..tree.sbs.len() {
            image.write_sb(tree, i, list);
        }
        for (i, dir) in tree.dirs.iter().enumerate() {
            image.write_dir(i, dir);
        }
        for (i, mount) in tree.mounts.iter().enumerate() {
            image.write_mount(i, mount);
        }
        image
    }

    fn write_sb(&mut self, tree: &Tree, i: usize, list: bool) {
        let (sb, layout, at) = (&tree.sbs[i], self.memory.layout, self.sbs[i]);
        let memory = &mut self.memory;
        memory.put(at + layout.sb_dev(), u64::from(sb.dev) | 0xdead << 32);
        memory.put(at + layout.sb_magic(), sb.magic);
        memory.put(at + layout.sb_flags(), 1 << 16 | u64::from(sb.read_only));
        memory.put(at + layout.sb_bdev(), if sb.block { at } else { 0 });
        memory.put(at + layout.bdev_number(), u64::from(sb.dev) | 0xdead << 32);
        memory.put(at + layout.sb_type(), at);
        let next = layout.mount_next_of_sb();
        let mounts = sb.mounts.iter().map(|mount| self.mounts[*mount]);
        if list {
            let nodes = mounts.map(|mount| mount + next).collect();
            self.thread(at + layout.sb_mounts(), nodes, at + layout.sb_mounts());
        } else {
            let links: Vec<_> = mounts.rev().collect();
            let from = core::iter::once(at + layout.sb_mounts());
            let from = from.chain(links.iter().map(|mount| mount + next));
            for (from, to) in from.zip(links.iter().chain([&0])) {
                memory.put(from, *to);
            }
        }
    }

    /// Links nodes, each of which is its own `next` field, from a head to an end.
    fn thread(&mut self, head: u64, mut nodes: Vec<u64>, end: u64) {
        nodes.push(end);
        let mut from = head;
        for node in nodes {
            self.memory.put(from, node);
            from = node;
        }
    }

    fn write_dir(&mut self, i: usize, dir: &Dir) {
        let (layout, at, inode) = (self.memory.layout, self.dirs[i], self.inodes[i]);
        let name = self.memory.string(&dir.name);
        let memory = &mut self.memory;
        let parent = dir.parent.map_or(at, |parent| self.dirs[parent]);
        memory.put(at + layout.dentry_parent(), parent);
        memory.put(at + layout.dentry_inode(), inode);
        memory.put(at + layout.dentry_name() + layout.name_text(), name);
        let len = dir.name.len() as u64 | 0xdead << 32;
        memory.put(at + layout.dentry_name() + layout.name_len(), len);
        memory.put(inode + layout.inode_ino(), dir.ino);
        let mode = if dir.device.is_some() {
            0o020_666
        } else {
            0o040_755
        };
        // `i_mode` is a short; `i_opflags` follows it.
        memory.put(inode + layout.inode_mode(), mode | 0xd << 16);
        let rdev = dir.device.map_or(0, u64::from);
        memory.put(inode + layout.inode_rdev(), rdev);
    }

    fn write_mount(&mut self, i: usize, mount: &Mount) {
        let (layout, at) = (self.memory.layout, self.mounts[i]);
        let (parent, mountpoint) = match mount.on {
            Some((parent, dir)) => (self.mounts[parent], self.dirs[dir]),
            None => (at, self.dirs[mount.root]),
        };
        let ns = match mount.ns {
            Ns::Host => HOST_NS,
            Ns::Container => HOST_NS + 0x1000,
            Ns::Other => HOST_NS + 0x2000,
        };
        let memory = &mut self.memory;
        memory.put(at + layout.mount_parent(), parent);
        memory.put(at + layout.mount_mountpoint(), mountpoint);
        memory.put(at + layout.mount_ns(), ns);
        let vfs = at + layout.mount_vfs();
        memory.put(vfs + layout.vfsmount_root(), self.dirs[mount.root]);
        memory.put(vfs + layout.vfsmount_sb(), self.sbs[mount.sb]);
        let flags = if mount.read_only { 0x60 } else { 0x20 };
        memory.put(vfs + layout.vfsmount_flags(), flags | 0xdead << 32);
        let node = |child: &usize| self.mounts[*child] + layout.mount_sibling();
        let nodes = mount.children.iter().map(node).collect();
        let head = at + layout.mount_children();
        self.thread(head, nodes, head);
    }
}
