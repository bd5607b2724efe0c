//! A user's own containers, whose storage that user decides about.

use super::{
    allowed,
    docker::{Docker, docker, rule},
    refused,
    tree::{OVERLAY, TMPFS},
};
use crate::{
    anchor::{ALLOW_DIRECT, ROOTLESS_ONLY},
    rule::causes::UNANCHORED,
};

const STORE: &str = "home/nina/.local/share/containers/storage";

fn host(rootful: bool) -> Docker {
    let mut d = docker();
    d.anchor(STORE, rule(ALLOW_DIRECT | ROOTLESS_ONLY, 1, 0));
    d.tree.rootful = rootful;
    d
}

#[test]
fn a_volume() {
    let volume = format!("{STORE}/volumes/v/_data");
    let mut d = host(false);
    d.bind(&volume, "d");
    allowed(&d.tree);
    let mut d = host(true);
    d.bind(&volume, "d");
    refused(&d.tree, UNANCHORED, &format!("/{volume}"), "/d");
}

#[test]
fn what_is_not_in_the_store() {
    for path in [STORE, "home/nina/.ssh", "etc"] {
        let mut d = host(false);
        d.bind(path, "x");
        refused(&d.tree, UNANCHORED, &format!("/{path}"), "/x");
    }
}

/// Mounted by podman's own process, in the mount namespace that it keeps.
#[test]
fn a_root_and_shared_memory_that_the_host_does_not_see() {
    for (magic, rootful) in [(OVERLAY, false), (TMPFS, false), (TMPFS, true)] {
        let mut d = host(rootful);
        d.private(magic, false, "x");
        allowed(&d.tree);
    }
}
