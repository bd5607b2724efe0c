//! The walk on a fake kernel memory, against a slow reference.
//!
//! `tree` is the model, `memory` writes it down as a kernel would, `reference` judges the model as
//! `DESIGN.md` says it, and `check` runs the walk over both shapes of a superblock's mounts.

mod broken;
mod builds;
mod docker;
mod memory;
mod names;
mod own_id;
mod random;
mod reference;
mod rootless;
mod situations;
mod tree;

use self::{
    memory::Image,
    reference::Verdict,
    tree::{Tree, path_of},
};
use super::{MAX_STEPS, Names, Walk};
use crate::rule::causes;

/// Runs a walk the way the probe does.
fn run(image: &Image, tree: &Tree) -> Box<Walk> {
    let mut walk = Box::new(Walk::IDLE);
    let addresses = super::Tree {
        root: image.mounts[tree.root],
        task_root: image.mounts[tree.task_root],
        rootful: u64::from(tree.rootful),
        kind: tree.kind,
        profile: tree.profile,
    };
    walk.begin(&addresses, &tree.ids);
    for _ in 0..MAX_STEPS {
        if walk.step(&image.memory) {
            break;
        }
    }
    walk.finish();
    walk
}

/// `a/b` as a record has it, leaf first, becomes `/a/b`.
fn text<const N: usize>(names: &Names<N>) -> String {
    let bytes = &names.bytes[..names.len as usize];
    let components = bytes.split(|byte| *byte == 0).filter(|c| !c.is_empty());
    path_of(components.map(|c| String::from_utf8(c.to_vec()).unwrap()))
}

/// Walks the tree and compares with the reference. With the mounts of a superblock as a list, oldest
/// first (to 6.12), or as a chain, newest first (from 6.18).
#[track_caller]
fn walk(tree: &Tree, list: bool) -> Box<Walk> {
    let image = Image::of(tree, list);
    let walk = run(&image, tree);
    let wanted = reference::judge(tree, list);
    let found = Verdict {
        violations: walk.found.violations,
        cause: walk.found.cause,
        host_path: text(&walk.host_path),
        path: text(&walk.path),
    };
    if walk.host_path.cut + walk.path.cut == 0 {
        assert_eq!(found, wanted, "list: {list}, {tree:?}");
    }
    assert_eq!(walk.mounts as usize, tree.below(tree.root).len());
    walk
}

#[track_caller]
fn allowed(tree: &Tree) {
    for list in [true, false] {
        let walk = walk(tree, list);
        assert_eq!((walk.found.violations, walk.found.cause), (0, causes::NONE));
    }
}

/// One violation, of this cause, with these paths.
#[track_caller]
fn refused(tree: &Tree, cause: u32, host_path: &str, path: &str) {
    for list in [true, false] {
        let walk = walk(tree, list);
        assert_eq!(walk.found.violations, 1);
        assert_eq!(walk.found.cause, cause);
        assert_eq!(text(&walk.host_path), host_path);
        assert_eq!(text(&walk.path), path);
    }
}
