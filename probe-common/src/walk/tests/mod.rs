//! The walk on a fake kernel memory, against a slow reference.
//!
//! `tree` is the model, `memory` writes it down as a kernel would, `reference` judges the model as
//! `DESIGN.md` says it, and `check` runs the walk over both shapes of a superblock's mounts.

mod broken;
mod builds;
mod docker;
mod kernel;
mod memory;
mod names;
mod own_id;
mod pods;
mod random;
mod reference;
mod rootless;
mod situations;
mod tree;

use self::{
    memory::Image,
    reference::Violation,
    tree::{Tree, path_of},
};
use super::{CAUSE_BITS, MAX_STEPS, Names, Walk, rule_of};
use crate::{container::bit, rule::causes};

/// Runs a walk the way the probe does.
fn run(image: &Image, tree: &Tree) -> Box<Walk> {
    let mut walk = Box::new(Walk::IDLE);
    let addresses = super::Tree {
        root: image.mounts[tree.root],
        task_root: image.mounts[tree.task_root],
        rootful: u64::from(tree.rootful),
        kind: tree.kind,
        profile: tree.profile,
        says: tree.says,
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

/// The first path: `a/b` as a record has it, leaf first, becomes `/a/b`.
fn text<const N: usize>(names: &Names<N>) -> String {
    texts(names)
        .into_iter()
        .next()
        .unwrap_or_else(|| "/".into())
}

/// Every path.
fn texts<const N: usize>(names: &Names<N>) -> Vec<String> {
    let bytes = &names.bytes[..names.len as usize];
    let mut all = Vec::new();
    let mut components = Vec::new();
    for component in bytes.split_inclusive(|byte| *byte == 0) {
        match component {
            [0] => all.push(path_of(core::mem::take(&mut components).into_iter())),
            [name @ .., 0] | name => components.push(String::from_utf8(name.to_vec()).unwrap()),
        }
    }
    if !components.is_empty() {
        all.push(path_of(components.into_iter()));
    }
    all
}

/// Walks the tree and compares with the reference. With the mounts of a superblock as a list, oldest
/// first (to 6.12), or as a chain, newest first (from 6.18).
#[track_caller]
fn walk(tree: &Tree, list: bool) -> Box<Walk> {
    let image = Image::of(tree, list);
    let walk = run(&image, tree);
    let wanted = reference::judge(tree, list);
    assert_eq!(
        walk.found.violations as usize,
        wanted.len(),
        "list: {list}, {tree:?}"
    );
    let rules = wanted.iter().map(|violation| bit(rule_of(violation.cause)));
    assert_eq!(walk.found.broken, rules.fold(0, |all, rule| all | rule));
    if walk.host_path.cut + walk.path.cut == 0 {
        let (host_paths, paths) = (texts(&walk.host_path), texts(&walk.path));
        let found = host_paths.into_iter().zip(paths).enumerate();
        let found: Vec<_> = found
            .map(|(i, (host_path, path))| Violation {
                cause: walk.found.causes >> (CAUSE_BITS * i as u32) & 15,
                writable: walk.found.writable >> i & 1 == 1,
                host_path,
                path,
            })
            .collect();
        assert_eq!(found.len(), walk.found.named as usize);
        assert_eq!(found, wanted[..found.len()], "list: {list}, {tree:?}");
        assert_eq!(
            walk.found.cause,
            wanted.first().map_or(causes::NONE, |first| first.cause)
        );
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
