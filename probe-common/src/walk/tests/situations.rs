//! Mount trees as runtimes and their users make them.

use super::{
    allowed,
    docker::{Docker, ID, VOLUME, docker, rule},
    refused,
    tree::{DEVTMPFS, EXT4, Ns, OVERLAY, TMPFS},
    walk,
};
use crate::{
    anchor::{ALLOW_ANY_FS, ALLOW_DIRECT, ALLOW_MOUNTED, READ_ONLY},
    rule::causes::{BLOCK_DEVICE, NOT_READ_ONLY, UNANCHORED},
};

#[test]
fn a_plain_container() {
    let d = docker().usual();
    allowed(&d.tree);
    let steps = walk(&d.tree, true).steps;
    assert!(steps < 250, "{steps}");
}

#[test]
fn the_whole_host() {
    let mut d = docker().usual();
    d.bind("", "x");
    refused(&d.tree, UNANCHORED, "/", "/x");
}

#[test]
fn etc() {
    let mut d = docker().usual();
    d.bind("etc", "mnt/x");
    refused(&d.tree, UNANCHORED, "/etc", "/mnt/x");
}

#[test]
fn the_first_of_two_is_described() {
    let mut d = docker();
    d.bind("etc", "x");
    d.bind("home", "y");
    for list in [true, false] {
        assert_eq!(walk(&d.tree, list).found.violations, 2);
    }
}

#[test]
fn what_is_found_says_inode_device_and_type() {
    let mut d = docker();
    let mount = d.bind("etc", "x");
    let etc = d.tree.id(d.tree.mounts[mount].root);
    let found = walk(&d.tree, true).found;
    assert_eq!((found.ino, found.dev), (etc.ino, etc.dev));
    assert_ne!(found.fs_type, 0);
}

#[test]
fn a_named_volume() {
    let mut d = docker();
    d.bind(VOLUME, "x");
    d.bind(&format!("{VOLUME}/sub/path"), "y");
    allowed(&d.tree);
}

#[test]
fn an_overlay_that_set_up_mounted_for_itself() {
    let mut d = docker();
    d.private(OVERLAY, false, "x");
    refused(&d.tree, UNANCHORED, "/", "/x");
}

#[test]
fn the_directory_of_all_volumes() {
    let mut d = docker();
    d.bind("var/lib/docker/volumes", "x");
    refused(&d.tree, UNANCHORED, "/var/lib/docker/volumes", "/x");
}

#[test]
fn a_volume_that_is_the_hosts_root() {
    let mut d = docker();
    d.host_bind("", VOLUME);
    d.bind("", "x");
    for list in [true, false] {
        let walk = walk(&d.tree, list);
        assert_eq!((walk.found.violations, walk.found.cause), (1, UNANCHORED));
    }
}

#[test]
fn a_volume_that_is_etc_while_the_host_has_only_that_of_the_disk() {
    let mut d = docker();
    let (host, _) = d.shared(EXT4, true, VOLUME, "x");
    let etc = d.tree.below_dir(d.tree.mounts[host].root, "etc");
    d.tree.mount(d.container, "y", etc);
    for list in [true, false] {
        assert_eq!(walk(&d.tree, list).found.violations, 2);
    }
}

#[test]
fn a_tmpfs_volume() {
    let mut d = docker();
    d.shared(TMPFS, false, VOLUME, "x");
    allowed(&d.tree);
}

#[test]
fn a_tmpfs_volume_that_the_host_shows_elsewhere_too() {
    let mut d = docker();
    let (host, _) = d.shared(TMPFS, false, VOLUME, "x");
    d.tree.mount(d.host, "srv/keys", d.tree.mounts[host].root);
    refused(&d.tree, UNANCHORED, "/srv/keys", "/x");
}

/// The host shows it, so it is a host path rather than a private filesystem on a block device.
#[test]
fn a_disk_as_a_volume() {
    let mut d = docker();
    d.shared(EXT4, true, VOLUME, "x");
    refused(&d.tree, UNANCHORED, &format!("/{VOLUME}"), "/x");
}

#[test]
fn a_disk_of_the_host_where_any_filesystem_may_be() {
    let mut d = docker();
    let any = ALLOW_MOUNTED | ALLOW_ANY_FS;
    d.second("srv", rule(any, 1, 0));
    d.shared(EXT4, true, "srv/data", "x");
    allowed(&d.tree);
}

#[test]
fn min_depth_counts_over_the_border_of_a_mount() {
    for (min_depth, fine) in [(3, true), (4, false)] {
        let mut d = docker();
        d.second("srv", rule(ALLOW_MOUNTED, min_depth, TMPFS));
        let (host, _) = d.shared(TMPFS, false, "srv/a", "x");
        let deep = d.tree.below_dir(d.tree.mounts[host].root, "b/c");
        let plain = d.tree.mounts.pop().unwrap();
        d.tree.mounts[d.container].children.pop();
        d.tree.sbs[plain.sb].mounts.pop();
        d.tree.mount(d.container, "x", deep);
        if fine {
            allowed(&d.tree);
        } else {
            refused(&d.tree, UNANCHORED, "/srv/a/b/c", "/x");
        }
    }
}

#[test]
fn below_an_anchor_on_another_filesystem_mounted_there() {
    let mut d = docker();
    let data = d.tree.sb(EXT4, true);
    let top = d.tree.sbs[data].top;
    let mount = d.tree.mount(d.host, "srv", top);
    d.second("srv", rule(ALLOW_DIRECT, 0, 0));
    let dir = d.tree.below_dir(d.tree.mounts[mount].root, "a");
    d.tree.mount(d.container, "x", dir);
    refused(&d.tree, UNANCHORED, "/srv/a", "/x");
    d.tree.anchor(top, 1, rule(ALLOW_DIRECT, 0, 0));
    allowed(&d.tree);
}

#[test]
fn below_a_host_path_of_its_profile() {
    let mut d = docker();
    d.bind("srv/data", "x");
    d.tree.profile = 7;
    d.policy("srv", true);
    allowed(&d.tree);
    d.tree.profile = 8;
    refused(&d.tree, UNANCHORED, "/srv/data", "/x");
    d.policy("srv", false);
    refused(&d.tree, NOT_READ_ONLY, "/srv/data", "/x");
}

fn read_only_zoneinfo() -> (Docker, usize) {
    let mut d = docker();
    d.anchor("usr/share/zoneinfo", rule(ALLOW_DIRECT | READ_ONLY, 0, 0));
    let mount = d.bind("usr/share/zoneinfo", "x");
    (d, mount)
}

#[test]
fn a_read_only_anchor_mounted_writable() {
    let (d, _) = read_only_zoneinfo();
    refused(&d.tree, NOT_READ_ONLY, "/usr/share/zoneinfo", "/x");
}

#[test]
fn a_read_only_anchor_mounted_read_only() {
    let (mut d, mount) = read_only_zoneinfo();
    d.tree.mounts[mount].read_only = true;
    allowed(&d.tree);
}

#[test]
fn a_read_only_anchor_on_a_read_only_filesystem() {
    let (mut d, _) = read_only_zoneinfo();
    d.tree.sbs[d.disk].read_only = true;
    allowed(&d.tree);
}

#[test]
fn the_policy_allows_writing_where_the_runtimes_table_does_not() {
    let (mut d, _) = read_only_zoneinfo();
    d.policy("usr/share/zoneinfo", true);
    allowed(&d.tree);
}

#[test]
fn a_private_tmpfs() {
    let mut d = docker();
    d.private(TMPFS, false, "x");
    allowed(&d.tree);
}

#[test]
fn a_private_disk() {
    let mut d = docker();
    d.private(EXT4, true, "x");
    refused(&d.tree, BLOCK_DEVICE, "/", "/x");
}

#[test]
fn a_disk_that_only_another_namespace_shows() {
    let mut d = docker();
    let mount = d.private(EXT4, true, "x");
    d.tree.root_mount(Ns::Other, d.tree.mounts[mount].root);
    refused(&d.tree, BLOCK_DEVICE, "/", "/x");
}

#[test]
fn a_bind_of_a_bind() {
    let mut d = docker();
    d.host_bind("etc", "srv/etc");
    d.bind("etc/ssl", "x");
    let oldest_first = super::text(&walk(&d.tree, true).host_path);
    let newest_first = super::text(&walk(&d.tree, false).host_path);
    assert_eq!(oldest_first, "/etc/ssl");
    assert_eq!(newest_first, "/srv/etc/ssl");
}

#[test]
fn device_nodes_by_their_number() {
    let nodes = [
        (1 << 20 | 3, true),
        (5 << 20, true),
        (1 << 20 | 1, false),
        (3, false),
    ];
    for (number, harmless) in nodes {
        let mut d = docker();
        let (host, mount) = d.shared(DEVTMPFS, false, "dev", "proc/kcore");
        let node = d.tree.below_dir(d.tree.mounts[host].root, "node");
        d.tree.dirs[node].device = Some(number);
        d.tree.mounts[mount].root = node;
        if harmless {
            allowed(&d.tree);
        } else {
            refused(&d.tree, UNANCHORED, "/dev/node", "/proc/kcore");
        }
    }
}

#[test]
fn a_mount_that_another_one_covers() {
    let mut d = docker();
    d.bind("etc", "x");
    d.private(TMPFS, false, "x");
    allowed(&d.tree);
}

#[test]
fn a_mount_below_a_covered_one() {
    let mut d = docker();
    let covered = d.private(TMPFS, false, "x");
    let etc = d.tree.dir(d.disk, "etc");
    d.tree.mount(covered, "y", etc);
    d.private(TMPFS, false, "x");
    allowed(&d.tree);
}

#[test]
fn a_covered_mount_that_is_the_tasks_own_root() {
    let mut d = docker();
    d.tree.task_root = d.bind("etc", "x");
    d.private(TMPFS, false, "x");
    refused(&d.tree, UNANCHORED, "/etc", "/");
}

/// A container set up without `pivot_root`: the host's mounts are behind the container's root.
fn moved_root(over: &str) -> Docker {
    let mut d = docker();
    let root = d.tree.dir(d.disk, "");
    let layer = d.tree.mounts[d.container].root;
    d.tree.root = d.tree.root_mount(Ns::Container, root);
    let proc = d.tree.sb(TMPFS, false);
    d.tree.mount(d.host, "run", d.tree.sbs[proc].top);
    d.tree.mount(d.tree.root, "run", d.tree.sbs[proc].top);
    d.tree.task_root = d.tree.mount(d.tree.root, over, layer);
    d
}

#[test]
fn the_old_root_under_a_moved_one() {
    allowed(&moved_root("").tree);
}

#[test]
fn the_old_root_around_a_root_that_was_only_chosen() {
    let d = moved_root("var/lib/docker/overlay2/layer/merged");
    for list in [true, false] {
        assert_eq!(walk(&d.tree, list).found.violations, 2);
    }
}

#[test]
fn the_layer_of_a_container_at_the_wrong_depth() {
    let mut d = docker();
    d.shared(OVERLAY, false, "var/lib/docker/overlay2/x", "x");
    refused(&d.tree, UNANCHORED, "/var/lib/docker/overlay2/x", "/x");
}

#[test]
fn ten_thousand_mounts() {
    let mut d = docker();
    let data = d.tree.dir(d.disk, VOLUME);
    let on = d.tree.dirs.len();
    for _ in 0..10_000 {
        d.tree.mount_on((d.container, on - 1), data);
    }
    for list in [true, false] {
        let walk = walk(&d.tree, list);
        assert_eq!(walk.found.violations, 0);
        assert!(walk.steps < 12 * 10_000, "{}", walk.steps);
    }
    assert!(ID.len() == crate::limits::ID);
}

/// An anchor met on one way says nothing about another way that has none.
#[test]
fn a_read_only_anchor_on_the_way_of_another_host_mount() {
    let mut d = docker();
    d.anchor("srv/a", rule(ALLOW_MOUNTED | READ_ONLY, 0, TMPFS));
    d.second("srv/a", rule(ALLOW_MOUNTED, 0, TMPFS));
    let (host, _) = d.shared(TMPFS, false, "srv/a", "x");
    let top = d.tree.mounts[host].root;
    let elsewhere = d.tree.mount(d.host, "home", top);
    let sb = d.tree.mounts[elsewhere].sb;
    for _ in 0..2 {
        let walk = walk(&d.tree, true);
        assert_eq!(walk.found.cause, UNANCHORED);
        d.tree.sbs[sb].mounts.reverse();
    }
}
