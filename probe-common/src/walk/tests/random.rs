//! Random mount trees: the walk finds what the slow reference finds.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    docker::{ID, rule},
    memory::Image,
    run,
    tree::{EXT4, Ns, OVERLAY, PROC, SYSFS, TMPFS, Tree},
    walk,
};
use crate::{
    admission::filesystem,
    anchor::{BUILD_ONLY, BUILDAHS, KUBELETS, ROOT_ONLY, ROOTLESS_ONLY, RULES},
    container::{BUILD, DeviceGrant, ORDINARY, bit},
    file::magic::{BPF, CGROUP2},
    layout::FIELDS,
    rule::{causes, rules},
    walk::MAX_STEPS,
};

const OTHER: &str = "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Random numbers, so written that fewer and smaller ones make a simpler tree.
struct Dice<'a>(core::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |byte| *byte as usize % n)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
}

fn grow(numbers: &[u8]) -> Tree {
    let mut dice = Dice(numbers.iter());
    let mut tree = Tree::EMPTY;
    tree.ids[dice.below(3)].copy_from_slice(ID.as_bytes());
    for _ in 0..2 + dice.below(4) {
        superblock(&mut tree, &mut dice);
    }
    tree.kind = dice.of(&[ORDINARY, BUILD]);
    tree.rootful = !dice.once_in(3);
    for _ in 0..dice.below(7) {
        let flags = dice.below(32) as u32
            | dice.of(&[
                0,
                0,
                ROOT_ONLY,
                BUILD_ONLY,
                ROOTLESS_ONLY,
                BUILDAHS,
                KUBELETS,
                KUBELETS,
            ]);
        let fs = dice.of(&[0, TMPFS, EXT4, OVERLAY]);
        let (dir, slot) = (dice.below(tree.dirs.len()), dice.below(RULES));
        tree.anchor(dir, slot, rule(flags, dice.below(3) as u32, fs));
    }
    tree.profile = dice.of(&[0, 64, 255]);
    tree.says.allow = dice.of(&[0, 0, 0, bit(rules::HOST_PATH), bit(rules::PROC_MOUNT)]);
    tree.says.filesystems = dice.of(&[0, 0, filesystem(SYSFS), filesystem(BPF)]);
    for _ in 0..dice.below(3) {
        let dir = dice.below(tree.dirs.len());
        tree.let_in(dir, dice.of(&[0, 64, 255]), dice.once_in(2));
    }
    let host = tree.root_mount(Ns::Host, tree.sbs[0].top);
    let root = dice.below(tree.dirs.len());
    tree.root = tree.root_mount(Ns::Container, root);
    let other = tree.root_mount(Ns::Other, tree.sbs[1].top);
    for _ in 0..dice.below(14) {
        let top = dice.of(&[tree.root, host, tree.root, host, other]);
        mount(&mut tree, &mut dice, top);
    }
    let own = tree.below(tree.root);
    let any = dice.of(&own);
    tree.task_root = dice.of(&[tree.root, tree.root, any]);
    tree
}

fn superblock(tree: &mut Tree, dice: &mut Dice) {
    let magic = dice.of(&[EXT4, TMPFS, OVERLAY, EXT4, TMPFS, SYSFS, BPF, PROC, CGROUP2]);
    let sb = tree.sb(magic, dice.once_in(2));
    tree.sbs[sb].read_only = dice.once_in(8);
    if dice.once_in(8) {
        let number = tree.sbs[sb].dev;
        tree.grants.insert(DeviceGrant::new(0, true, number));
    }
    let first = tree.sbs[sb].top;
    for _ in 0..dice.below(7) {
        let parent = first + dice.below(tree.dirs.len() - first);
        let name = dice.of(&[
            "a",
            "hosts",
            "cc",
            "buildah1",
            ID,
            OTHER,
            "volumes",
            "etc-hosts",
            "kubernetes.io~secret",
        ]);
        let dir = tree.sub(parent, name);
        if dice.once_in(12) {
            tree.dirs[dir].device = Some(dice.of(&[1 << 20 | 3, 1 << 20 | 1, 5 << 20]));
        }
    }
}

fn mount(tree: &mut Tree, dice: &mut Dice, top: usize) {
    let on = dice.of(&tree.below(top));
    let sb = tree.mounts[on].sb;
    // Now and then not below the mount's root: what was renamed out of it.
    let inside = |tree: &Tree, mut dir: usize| {
        while dir != tree.mounts[on].root {
            match tree.dirs[dir].parent {
                Some(parent) => dir = parent,
                None => return false,
            }
        }
        true
    };
    let stray = dice.once_in(10);
    let dirs: Vec<_> = (0..tree.dirs.len())
        .filter(|dir| tree.dirs[*dir].sb == sb && (stray || inside(tree, *dir)))
        .collect();
    let at = tree.top_at(on, dice.of(&dirs));
    let root = dice.below(tree.dirs.len());
    let mount = tree.mount_on(at, root);
    tree.mounts[mount].read_only = dice.once_in(3);
}

fn check(cases: u32, mut test: impl FnMut(&[u8])) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let test = RefCell::new(&mut test);
    TestRunner::new_with_rng(config, rng)
        .run(&vec(any::<u8>(), 0..160), |numbers| {
            (test.borrow_mut())(&numbers);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_walk_agrees_with_the_reference() {
    let mut seen = BTreeMap::new();
    check(6_000, |numbers| {
        let tree = grow(numbers);
        for list in [true, false] {
            *seen.entry(walk(&tree, list).found.cause).or_insert(0) += 1;
        }
    });
    // The trees are no use if all of them come to the same.
    let common = [
        causes::NONE,
        causes::UNANCHORED,
        causes::NOT_READ_ONLY,
        causes::BLOCK_DEVICE,
    ];
    for cause in common {
        assert!(seen.get(&cause).is_some_and(|n| *n > 200), "{seen:?}");
    }
}

#[test]
fn damaged_memory_ends_every_walk() {
    check(200, |numbers| {
        let tree = grow(numbers);
        let mut image = Image::of(&tree, numbers.len() % 2 == 0);
        let objects = [&image.mounts, &image.dirs, &image.sbs]
            .map(Vec::clone)
            .concat();
        let mut dice = Dice(numbers.iter());
        let fields = FIELDS.len() * 2;
        let at = dice.of(&objects) + 8 * (1 + dice.below(fields) as u64);
        let (one, field) = (dice.of(&objects), dice.below(fields) as u64);
        let value = dice.of(&[0, one, u64::MAX / 2, one + 8 * field]);
        image.memory.put(at, value);
        assert!(run(&image, &tree).steps <= MAX_STEPS);
    });
}
