//! Memory that cannot be read, or says what cannot be.

use super::{
    docker::{Docker, docker},
    memory::Image,
    run,
    tree::{Ns, TMPFS},
};
use crate::{
    layout::Layout,
    rule::causes::{NONE, OUT_OF_STEPS, UNANCHORED, UNREADABLE},
    walk::{Host, MAX_STEPS, Walk},
};

fn refused(d: &Docker, cause: u32, break_it: impl Fn(&mut Image, &Layout)) {
    for list in [true, false] {
        let mut image = Image::of(&d.tree, list);
        let layout = *image.memory.layout();
        break_it(&mut image, &layout);
        let walk = run(&image, &d.tree);
        assert_eq!(walk.found.cause, cause, "list: {list}");
        assert!(walk.found.violations > 0);
        assert!(walk.steps <= MAX_STEPS);
    }
}

#[test]
fn a_mount_that_is_its_own_sibling() {
    let d = docker().usual();
    let last = *d.tree.mounts[d.container].children.last().unwrap();
    refused(&d, OUT_OF_STEPS, |image, layout| {
        let node = image.mounts[last] + layout.mount_sibling();
        image.memory.put(node, node);
    });
}

#[test]
fn a_mount_that_is_its_own_child() {
    let d = docker();
    refused(&d, OUT_OF_STEPS, |image, layout| {
        let at = image.mounts[d.container];
        image
            .memory
            .put(at + layout.mount_children(), at + layout.mount_sibling());
    });
}

#[test]
fn directories_that_contain_each_other() {
    let mut d = docker();
    let mount = d.bind("a/b", "x");
    let b = d.tree.mounts[mount].root;
    let a = d.tree.dirs[b].parent.unwrap();
    refused(&d, OUT_OF_STEPS, |image, layout| {
        image
            .memory
            .put(image.dirs[a] + layout.dentry_parent(), image.dirs[b]);
    });
}

#[test]
fn a_superblock_whose_mounts_go_in_circles() {
    let d = docker();
    let sb = d.tree.mounts[d.container].sb;
    refused(&d, OUT_OF_STEPS, |image, layout| {
        let list = image.memory.layout().mounts_are_list();
        for mount in &d.tree.sbs[sb].mounts {
            let next = image.mounts[*mount] + layout.mount_next_of_sb();
            image
                .memory
                .put(next, if list { next } else { image.mounts[*mount] });
        }
        let node = if list { layout.mount_next_of_sb() } else { 0 };
        let first = image.mounts[d.container] + node;
        image.memory.put(image.sbs[sb] + layout.sb_mounts(), first);
    });
}

#[test]
fn every_pointer_the_walk_needs_may_be_unreadable_or_null() {
    let mut d = docker();
    d.private(TMPFS, false, "tmp");
    d.bind("etc", "x");
    let fields: [fn(&Image, &Layout, &Docker) -> u64; 7] = [
        |i, l, d| i.mounts[d.container] + l.mount_children(),
        |i, l, d| i.mounts[d.container] + l.mount_vfs() + l.vfsmount_sb(),
        |i, l, d| i.mounts[d.container] + l.mount_vfs() + l.vfsmount_root(),
        |i, l, d| i.mounts[d.host] + l.mount_parent(),
        |i, l, d| i.dirs[d.tree.mounts[d.container].root] + l.dentry_inode(),
        |i, l, d| i.dirs[d.tree.mounts[d.host].root] + l.dentry_parent(),
        |i, l, d| i.mounts[d.container + 1] + l.mount_sibling(),
    ];
    for field in fields {
        refused(&d, UNREADABLE, |image, layout| {
            let at = field(image, layout, &d);
            image.memory.holes.insert(at);
        });
        refused(&d, UNREADABLE, |image, layout| {
            let at = field(image, layout, &d);
            image.memory.put(at, 0);
        });
    }
}

/// What was found before the memory broke is kept: it says more than "unreadable".
#[test]
fn a_violation_before_what_is_unreadable() {
    let mut d = docker();
    d.bind("etc", "x");
    let last = d.private(TMPFS, false, "y");
    refused(&d, UNANCHORED, |image, layout| {
        let at = image.mounts[last] + layout.mount_vfs() + layout.vfsmount_sb();
        image.memory.holes.insert(at);
    });
}

/// A mount in the list of a superblock is being moved to another one.
fn moving(times: u32) -> (Box<Walk>, Box<Walk>) {
    let mut d = docker().usual();
    let root = d.tree.dir(d.disk, "");
    let moved = d.tree.root_mount(Ns::Other, root);
    d.bind("etc", "x");
    let image = Image::of(&d.tree, false);
    let calm = run(&image, &d.tree);
    let layout = *image.memory.layout();
    let sb = image.mounts[moved] + layout.mount_vfs() + layout.vfsmount_sb();
    image.memory.lie.set((sb, image.sbs[d.disk + 1], times));
    (calm, run(&image, &d.tree))
}

#[test]
fn a_list_of_mounts_that_changes_meanwhile_is_walked_again() {
    let (calm, walk) = moving(3);
    assert_eq!(walk.found.violations, calm.found.violations);
    assert_eq!(walk.found.cause, UNANCHORED);
    assert_eq!(walk.mounts, calm.mounts);
    assert!(walk.steps > calm.steps);
}

#[test]
fn a_list_of_mounts_that_never_comes_to_rest() {
    let (_, walk) = moving(u32::MAX);
    assert_eq!((walk.found.violations, walk.found.cause), (1, UNREADABLE));
}

#[test]
fn a_walk_that_did_not_run_refuses() {
    let mut walk = Box::new(Walk::IDLE);
    walk.finish();
    assert_eq!((walk.found.violations, walk.found.cause), (1, OUT_OF_STEPS));
}

#[test]
fn a_walk_that_has_ended_stays_so() {
    let d = docker();
    let image = Image::of(&d.tree, true);
    let mut walk = run(&image, &d.tree);
    assert!(walk.step(&image.memory));
    walk.finish();
    assert_eq!((walk.found.violations, walk.found.cause), (0, NONE));
}
