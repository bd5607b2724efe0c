//! What BuildKit's `RUN` steps mount beside their root, and nobody else may.

use super::{
    allowed,
    docker::{Docker, docker, rule},
    refused,
    tree::OVERLAY,
    walk,
};
use crate::{
    anchor::{ALLOW_DIRECT, ALLOW_MOUNTED, BUILD_ONLY, BUILDAHS, ROOT_ONLY, ROOTLESS_ONLY},
    container::{BUILD, ORDINARY},
    file::magic::CGROUP2,
    rule::causes::UNANCHORED,
};

const OVERLAY2: &str = "var/lib/docker/overlay2";
const EXECUTOR: &str = "var/lib/docker/buildkit/executor";

fn host(kind: u32) -> Docker {
    let mut d = docker();
    let root = rule(ALLOW_MOUNTED | ROOT_ONLY, 2, OVERLAY);
    let layers = rule(ALLOW_DIRECT | ALLOW_MOUNTED | BUILD_ONLY, 2, OVERLAY);
    d.anchor(OVERLAY2, root);
    d.second(OVERLAY2, layers);
    d.anchor(EXECUTOR, root);
    d.second(EXECUTOR, rule(ALLOW_DIRECT, 1, 0));
    d.tree.kind = kind;
    d.usual()
}

#[test]
fn a_cache_of_one_layer() {
    let diff = format!("{OVERLAY2}/cache/diff");
    let mut d = host(BUILD);
    d.bind(&diff, "c");
    allowed(&d.tree);
    let mut d = host(ORDINARY);
    d.bind(&diff, "c");
    refused(&d.tree, UNANCHORED, &format!("/{diff}"), "/c");
}

#[test]
fn another_stage() {
    let merged = format!("{OVERLAY2}/stage/merged");
    let mut d = host(BUILD);
    d.shared(OVERLAY, false, &merged, "b");
    allowed(&d.tree);
    let mut d = host(ORDINARY);
    d.shared(OVERLAY, false, &merged, "b");
    refused(&d.tree, UNANCHORED, &format!("/{merged}"), "/b");
}

#[test]
fn a_kind_that_nobody_knows_is_ordinary() {
    let mut d = host(BUILD + 1);
    d.bind(&format!("{OVERLAY2}/cache/diff"), "c");
    refused(
        &d.tree,
        UNANCHORED,
        &format!("/{OVERLAY2}/cache/diff"),
        "/c",
    );
}

#[test]
fn a_build_has_no_more_of_the_host() {
    for path in [
        "etc",
        OVERLAY2,
        "var/lib/docker/overlay2/cache",
        "var/lib/docker",
    ] {
        let mut d = host(BUILD);
        d.bind(path, "x");
        refused(&d.tree, UNANCHORED, &format!("/{path}"), "/x");
    }
}

/// buildah's own folders, and a cgroup filesystem that the step may write.
#[test]
fn what_buildah_makes_for_a_step() {
    let with = |flags: u32, kind: u32, rootful: bool, path: &str| {
        let mut d = docker();
        d.anchor(
            "var/tmp",
            rule(ALLOW_DIRECT | ALLOW_MOUNTED | BUILDAHS | flags, 1, OVERLAY),
        );
        d.tree.kind = kind;
        d.tree.rootful = rootful;
        let mut d = d.usual();
        d.bind(path, "x");
        d
    };
    let own = "var/tmp/buildah4186341587/hosts";
    allowed(&with(BUILD_ONLY, BUILD, true, own).tree);
    allowed(&with(ROOTLESS_ONLY, ORDINARY, false, own).tree);
    // A secret.
    allowed(&with(BUILD_ONLY, BUILD, true, "var/tmp/buildah4186341587").tree);
    for (flags, kind, rootful, path) in [
        (BUILD_ONLY, ORDINARY, true, own),
        (ROOTLESS_ONLY, BUILD, true, own),
        (BUILD_ONLY, BUILD, true, "var/tmp/buildah/x"),
        (BUILD_ONLY, BUILD, true, "var/tmp/systemd-private-1/tmp"),
        (BUILD_ONLY, BUILD, true, "var/tmp/xbuildah1/tmp"),
    ] {
        let d = with(flags, kind, rootful, path);
        refused(&d.tree, UNANCHORED, &format!("/{path}"), "/x");
    }
    for (kind, rootful, is_refused) in [
        (BUILD, true, false),
        (ORDINARY, false, false),
        (ORDINARY, true, true),
    ] {
        let mut d = with(BUILD_ONLY, kind, rootful, "var/tmp/x");
        let (_, mount) = d.shared(CGROUP2, false, "cgroup", "y");
        assert_ne!(walk(&d.tree, true).found.filesystems, 0, "the whole of it");
        let top = d.tree.mounts[mount].root;
        d.tree.mounts[mount].root = d.tree.sub(top, "own");
        let found = walk(&d.tree, true).found;
        assert_eq!(found.filesystems != 0, is_refused);
    }
}

/// An overlay that buildah made shows what it was told: another stage is known by where the storage
/// has it mounted, too.
#[test]
fn what_buildah_mounts_for_a_step() {
    let bound = "var/tmp/buildah41/mounts7/bind9";
    for (elsewhere, is_allowed) in [
        (Some("var/lib/docker/overlay2/stage/merged"), true),
        (None, false),
    ] {
        let mut d = host(BUILD);
        d.anchor(
            "var/tmp",
            rule(
                ALLOW_DIRECT | ALLOW_MOUNTED | BUILDAHS | BUILD_ONLY,
                1,
                OVERLAY,
            ),
        );
        let (_, mount) = d.shared(OVERLAY, false, bound, "first");
        if let Some(path) = elsewhere {
            let top = d.tree.mounts[mount].root;
            d.tree.mount(d.host, path, top);
        }
        assert_eq!(walk(&d.tree, true).found.violations == 0, is_allowed);
    }
}

/// Two rules of one directory: files beside the root for everybody, the root for its owner.
#[test]
fn the_root_of_another_step() {
    for kind in [ORDINARY, BUILD] {
        let mut d = host(kind);
        d.bind(&format!("{EXECUTOR}/resolv.conf"), "etc/hosts");
        allowed(&d.tree);
        let rootfs = format!("{EXECUTOR}/other/rootfs");
        d.shared(OVERLAY, false, &rootfs, "x");
        refused(&d.tree, UNANCHORED, &format!("/{rootfs}"), "/x");
    }
}

#[test]
fn the_root_of_a_step() {
    let mut d = host(BUILD);
    let rootfs = format!("{EXECUTOR}/step/rootfs");
    d.tree.task_root = d.shared(OVERLAY, false, &rootfs, "x").1;
    allowed(&d.tree);
}
