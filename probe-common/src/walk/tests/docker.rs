//! A host with Docker and one container, for the tests to mount things into.

use super::tree::{EXT4, Ns, OVERLAY, PROC, SYSFS, TMPFS, Tree};
use crate::anchor::{ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, OWN_ID};

pub const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub const VOLUME: &str = "var/lib/docker/volumes/v/_data";

pub struct Docker {
    pub tree: Tree,
    /// The host's disk, and its mount at the host's `/`.
    pub disk: usize,
    pub host: usize,
    pub container: usize,
}

pub const fn rule(flags: u32, min_depth: u32, fs: u64) -> AnchorRule {
    let fs = [fs as u32, 0, 0, 0];
    AnchorRule {
        flags,
        min_depth,
        fs,
    }
}

pub fn docker() -> Docker {
    let mut tree = Tree::EMPTY;
    let disk = tree.sb(EXT4, true);
    let host = tree.root_mount(Ns::Host, tree.sbs[disk].top);
    let overlay = tree.sb(OVERLAY, false);
    let layer = tree.sbs[overlay].top;
    tree.mount(host, "var/lib/docker/overlay2/layer/merged", layer);
    let container = tree.root_mount(Ns::Container, layer);
    tree.root = container;
    tree.task_root = container;
    tree.ids[0].copy_from_slice(ID.as_bytes());
    let mut d = Docker {
        tree,
        disk,
        host,
        container,
    };
    d.anchor("var/lib/docker/overlay2", rule(ALLOW_MOUNTED, 2, OVERLAY));
    d.anchor(
        "var/lib/docker/containers",
        rule(ALLOW_DIRECT | ALLOW_MOUNTED | OWN_ID, 2, TMPFS),
    );
    d.anchor(
        "var/lib/docker/volumes",
        rule(ALLOW_DIRECT | ALLOW_MOUNTED, 2, TMPFS),
    );
    d
}

impl Docker {
    pub fn anchor(&mut self, path: &str, rule: AnchorRule) {
        let dir = self.tree.dir(self.disk, path);
        self.tree.anchor(dir, 0, rule);
    }

    /// Another rule of the runtimes' for the same directory.
    pub fn second(&mut self, path: &str, rule: AnchorRule) {
        let dir = self.tree.dir(self.disk, path);
        self.tree.anchor(dir, 1, rule);
    }

    /// A host path of the policy, in the profile of the container.
    pub fn policy(&mut self, path: &str, writable: bool) {
        let dir = self.tree.dir(self.disk, path);
        self.tree.let_in(dir, self.tree.profile, writable);
    }

    /// `-v /from:/to`, of the host's disk.
    pub fn bind(&mut self, from: &str, to: &str) -> usize {
        let dir = self.tree.dir(self.disk, from);
        self.tree.mount(self.container, to, dir)
    }

    /// The host mounts another part of its disk.
    pub fn host_bind(&mut self, from: &str, to: &str) -> usize {
        let dir = self.tree.dir(self.disk, from);
        self.tree.mount(self.host, to, dir)
    }

    /// A new filesystem, mounted in the container only.
    pub fn private(&mut self, magic: u64, block: bool, to: &str) -> usize {
        let sb = self.tree.sb(magic, block);
        self.tree.mount(self.container, to, self.tree.sbs[sb].top)
    }

    /// A new filesystem that the host has mounted at `at` and the container at `to`.
    pub fn shared(&mut self, magic: u64, block: bool, at: &str, to: &str) -> (usize, usize) {
        let sb = self.tree.sb(magic, block);
        let top = self.tree.sbs[sb].top;
        let host = self.tree.mount(self.host, at, top);
        (host, self.tree.mount(self.container, to, top))
    }

    /// An empty filesystem over a path in a mount.
    pub fn hide(&mut self, mount: usize, path: &str) {
        let sb = self.tree.sb(TMPFS, false);
        self.tree.mount(mount, path, self.tree.sbs[sb].top);
    }

    /// A `/proc` with the masks of a runtime.
    pub fn proc(&mut self) -> usize {
        let proc = self.private(PROC, false, "proc");
        for hidden in ["kcore", "keys"] {
            self.hide(proc, hidden);
        }
        for name in ["sys", "sysrq-trigger", "irq", "bus", "fs"] {
            let dir = self.tree.below_dir(self.tree.mounts[proc].root, name);
            let over = self.tree.mount_on((proc, dir), dir);
            self.tree.mounts[over].read_only = true;
        }
        proc
    }

    /// What `docker run` mounts without being asked.
    pub fn usual(mut self) -> Self {
        self.proc();
        let dev = self.private(TMPFS, false, "dev");
        let pts = self.tree.sb(0x1cd1, false);
        self.tree.mount(dev, "pts", self.tree.sbs[pts].top);
        let sysfs = self.tree.sb(SYSFS, false);
        let sys = self.tree.sbs[sysfs].top;
        self.tree.mount(self.host, "sys", sys);
        let sys = self.tree.mount(self.container, "sys", sys);
        self.tree.mounts[sys].read_only = true;
        let own = format!("var/lib/docker/containers/{ID}");
        for file in ["hosts", "hostname", "resolv.conf"] {
            self.bind(&format!("{own}/{file}"), &format!("etc/{file}"));
        }
        self.shared(TMPFS, false, &format!("{own}/mounts/shm"), "dev/shm");
        self
    }
}
