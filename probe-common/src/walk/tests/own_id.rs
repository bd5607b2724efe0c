//! Anchors of which a container may have its own part only.

use super::{
    allowed,
    docker::{ID, docker},
    refused,
    tree::TMPFS,
    walk,
};
use crate::rule::causes::UNANCHORED;

const OTHER: &str = "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const DIR: &str = "var/lib/docker/containers";

#[test]
fn each_of_a_containers_ids() {
    for slot in 0..3 {
        let mut d = docker();
        d.tree.ids[slot].copy_from_slice(OTHER.as_bytes());
        d.bind(&format!("{DIR}/{OTHER}/hosts"), "etc/hosts");
        allowed(&d.tree);
    }
}

/// dockerd appends to its log whatever that is by then, and reads the rest when it starts.
#[test]
fn what_the_runtime_keeps_for_itself() {
    for own in [
        "hosts",
        "resolv.conf",
        "run/secrets",
        "secrets/x",
        "volumes/x",
    ] {
        let mut d = docker();
        d.bind(&format!("{DIR}/{ID}/{own}"), "x");
        allowed(&d.tree);
    }
    for path in [
        "local-logs",
        "mounts",
        "config.v2.json",
        "userdata",
        "hosts1",
        "hostnamex",
    ] {
        let mut d = docker();
        let path = format!("{DIR}/{ID}/{path}");
        d.bind(&path, "x");
        refused(&d.tree, UNANCHORED, &format!("/{path}"), "/x");
    }
    let mut d = docker();
    d.bind(&format!("{DIR}/{ID}"), "x");
    refused(&d.tree, UNANCHORED, &format!("/{DIR}/{ID}"), "/x");
}

#[test]
fn an_id_that_differs_in_one_byte() {
    for at in 0..ID.len() {
        let mut id = ID.to_string();
        id.replace_range(at..=at, "x");
        let mut d = docker();
        d.bind(&format!("{DIR}/{id}/hosts"), "x");
        refused(&d.tree, UNANCHORED, &format!("/{DIR}/{id}/hosts"), "/x");
    }
}

#[test]
fn a_name_that_is_longer_or_shorter() {
    for id in [&ID[..63], &format!("{ID}0"), ""] {
        let mut d = docker();
        d.bind(&format!("{DIR}/{id}/hosts"), "x");
        assert_eq!(walk(&d.tree, true).found.violations, 1);
    }
}

#[test]
fn a_container_without_ids() {
    let mut d = docker();
    d.tree.ids = [[0; 64]; 3];
    d.bind(&format!("{DIR}/{ID}/hosts"), "x");
    assert_eq!(walk(&d.tree, false).found.violations, 1);
}

#[test]
fn its_own_shared_memory() {
    let mut d = docker();
    d.shared(TMPFS, false, &format!("{DIR}/{ID}/mounts/shm"), "dev/shm");
    allowed(&d.tree);
}

#[test]
fn shared_memory_of_another_container() {
    let mut d = docker();
    let shm = format!("{DIR}/{OTHER}/mounts/shm");
    d.shared(TMPFS, false, &shm, "dev/shm");
    refused(&d.tree, UNANCHORED, &format!("/{shm}"), "/dev/shm");
}

/// The anchor is what the filesystem was mounted over: the way to the mount crosses it all the same.
#[test]
fn a_filesystem_mounted_over_the_anchor_itself() {
    let mut d = docker();
    let sb = d.tree.sb(TMPFS, false);
    let shm = d.tree.dir(sb, &format!("{ID}/shm"));
    d.tree.mount(d.host, DIR, d.tree.sbs[sb].top);
    d.tree.mount(d.container, "x", shm);
    allowed(&d.tree);
}
