//! Filesystems of the kernel, `/proc` and disks of the policy.

use super::{
    allowed,
    docker::{Docker, docker},
    refused,
    tree::{EXT4, MQUEUE, PROC, SYSFS, TMPFS},
    walk,
};
use crate::{
    admission::filesystem,
    container::{DeviceGrant, bit},
    file::magic::{BPF, CGROUP2, DEBUGFS},
    rule::{
        causes::{BLOCK_DEVICE, KERNEL_FILESYSTEM, UNMASKED},
        rules,
    },
};

#[test]
fn a_writable_sysfs_or_cgroup() {
    for magic in [SYSFS, CGROUP2] {
        let mut d = docker().usual();
        let (_, mount) = d.shared(magic, false, "sys2", "x");
        refused(&d.tree, KERNEL_FILESYSTEM, "/sys2", "/x");
        assert_eq!(walk(&d.tree, true).found.filesystems, filesystem(magic));
        d.tree.says.filesystems = filesystem(magic);
        allowed(&d.tree);
        d.tree.says.filesystems = 0;
        d.tree.mounts[mount].read_only = true;
        allowed(&d.tree);
    }
}

#[test]
fn a_sysfs_of_its_own_network_namespace() {
    let mut d = docker().usual();
    let mount = d.private(SYSFS, false, "x");
    refused(&d.tree, KERNEL_FILESYSTEM, "/", "/x");
    d.tree.mounts[mount].read_only = true;
    allowed(&d.tree);
}

#[test]
fn what_no_container_needs() {
    for magic in [DEBUGFS, BPF] {
        let mut d = docker().usual();
        let mount = d.private(magic, false, "x");
        d.tree.mounts[mount].read_only = true;
        refused(&d.tree, KERNEL_FILESYSTEM, "/", "/x");
        d.tree.says.filesystems = filesystem(magic);
        allowed(&d.tree);
    }
    let mut d = docker().usual();
    d.private(MQUEUE, false, "dev/mqueue");
    allowed(&d.tree);
}

#[test]
fn below_a_host_path_the_kernels_filesystems_are_as_the_rest() {
    let mut d = docker().usual();
    let (_, mount) = d.shared(DEBUGFS, false, "srv/debug", "x");
    d.policy("srv", false);
    refused(&d.tree, KERNEL_FILESYSTEM, "/srv/debug", "/x");
    d.tree.mounts[mount].read_only = true;
    allowed(&d.tree);
}

fn proc() -> (Docker, usize) {
    let mut d = docker();
    let proc = d.proc();
    (d, proc)
}

#[test]
fn every_mask_of_proc_is_asked_for() {
    let (d, proc) = proc();
    allowed(&d.tree);
    for missing in 0..d.tree.mounts[proc].children.len() {
        let (mut d, proc) = self::proc();
        d.tree.mounts[proc].children.remove(missing);
        refused(&d.tree, UNMASKED, "/", "/proc");
        d.tree.says.allow = bit(rules::PROC_MOUNT);
        allowed(&d.tree);
    }
}

#[test]
fn a_writable_mask_masks_nothing() {
    let (mut d, proc) = proc();
    let last = d.tree.mounts[proc].children.len() - 1;
    let over = d.tree.mounts[proc].children[last];
    d.tree.mounts[over].read_only = false;
    refused(&d.tree, UNMASKED, "/", "/proc");
}

#[test]
fn a_mask_elsewhere_masks_nothing() {
    let mut d = docker();
    let proc = d.private(PROC, false, "proc");
    for name in ["kcore", "keys", "sys", "sysrq-trigger", "irq", "bus", "fs"] {
        d.hide(proc, &format!("1/{name}"));
    }
    refused(&d.tree, UNMASKED, "/", "/proc");
    d.tree.mounts[proc].read_only = true;
    refused(&d.tree, UNMASKED, "/", "/proc");
    for name in ["kcore", "keys"] {
        d.hide(proc, name);
    }
    allowed(&d.tree);
}

#[test]
fn a_proc_under_something_else() {
    let mut d = docker();
    d.private(PROC, false, "proc");
    d.private(TMPFS, false, "proc");
    allowed(&d.tree);
}

#[test]
fn a_disk_that_the_policy_gives() {
    let mut d = docker();
    let mount = d.private(EXT4, true, "x");
    refused(&d.tree, BLOCK_DEVICE, "/", "/x");
    let number = d.tree.sbs[d.tree.mounts[mount].sb].dev;
    for wrong in [
        DeviceGrant::new(0, false, number),
        DeviceGrant::new(1, true, number),
    ] {
        d.tree.grants.insert(wrong);
        refused(&d.tree, BLOCK_DEVICE, "/", "/x");
    }
    d.tree.grants.insert(DeviceGrant::new(0, true, number));
    allowed(&d.tree);
}

#[test]
fn what_the_profile_does_not_ask_is_no_violation() {
    let mut d = docker();
    d.bind("etc", "x");
    d.private(EXT4, true, "y");
    d.tree.says.allow = bit(rules::HOST_PATH);
    refused(&d.tree, BLOCK_DEVICE, "/", "/y");
    d.tree.says.allow |= bit(rules::BLOCK_DEVICE);
    allowed(&d.tree);
}

#[test]
fn all_violations_are_named_as_far_as_there_is_room() {
    let mut d = docker();
    let proc = d.private(PROC, false, "proc");
    d.bind("etc", "x");
    d.bind("", "host");
    d.private(EXT4, true, "y");
    let found = walk(&d.tree, true).found;
    assert_eq!((found.violations, found.named), (4, 4));
    let broken = [rules::PROC_MOUNT, rules::HOST_PATH, rules::BLOCK_DEVICE];
    assert_eq!(
        found.broken,
        broken.into_iter().fold(0, |all, rule| all | bit(rule))
    );
    assert!(proc > 0);
    for i in 0..20 {
        d.bind(&format!("srv/{i}"), &format!("{i}"));
    }
    let found = walk(&d.tree, true).found;
    assert_eq!((found.violations, found.named), (24, 8));
}
