//! A contained task changes its mounts: by the old calls, by the new ones, and without attaching.

use bulkhead_tests::attack::Attack;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(old_calls());
    suite.attacks(new_calls());
    suite.attacks(with_a_hosts_help());
}

fn old_calls() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "mount", argv);
    vec![
        attack("mount_tmpfs", &["mount-tmpfs", "/m/a"]).hook("sb_mount"),
        attack("mount_tmpfs_by_32_bit_call", &["mount-tmpfs-32", "/m/b"]).hook("sb_mount"),
        attack("mount_proc_unmasked", &["mount-fs", "proc", "proc", "/m/c"]).hook("sb_mount"),
        attack("mount_cgroup2", &["mount-fs", "cgroup2", "none", "/m/d"]).hook("sb_mount"),
        attack("mount_bind", &["mount-bind", "/etc", "/m/e"]).hook("sb_mount"),
        attack("mount_move", &["mount-move", "/t1", "/m/f"]).hook("sb_mount"),
        attack("make_shared", &["make-shared", "/t2"]).hook("sb_mount"),
        attack("remount_read_only", &["remount-ro", "/t3"]).hook("sb_mount"),
        attack("umount", &["umount", "/t4"]).hook("sb_umount"),
        attack("mount_overlay", &["mount-overlay", "/m/o"]).hook("sb_mount"),
        Attack::tool(
            "mount_by_tool",
            "mount",
            &["mount", "-t", "tmpfs", "none", "/tmp"],
        ),
        Attack::tool("umount_by_tool", "mount", &["umount", "-l", "/t9"]).hook("sb_umount"),
        attack("pivot_root", &["unshare-mounts", "pivot-root", "/t5"]).hook("sb_pivotroot"),
    ]
}

fn new_calls() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "mount", argv).hook("capable");
    vec![
        attack("open_tree_clone", &["open-tree", "/"]),
        attack("open_tree_attr", &["open-tree-attr", "/t6"]).since(6, 15),
        attack("open_tree_namespace", &["open-tree-namespace", "/"]).since(7, 0),
        attack("bind_by_new_calls", &["move-mount-new", "/etc", "/m/g"]),
        attack("move_mount", &["move-mount", "/t6", "/m/h"]).hook("move_mount"),
        attack("fsopen", &["fsopen", "tmpfs"]),
        attack("fsconfig", &["fsconfig", "tmpfs"]),
        attack("fspick", &["fspick", "/t7"]),
        attack("mount_setattr", &["mount-setattr", "/t7"]),
    ]
}

/// Descriptors passed from outside lead straight to the last call.
fn with_a_hosts_help() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "mount", argv);
    let attach = ["move-mount-received", "/v/gift.sock", "/m/i"];
    let attach = [&["then-read", "/m/i/root/bulkhead-secret"], &attach[..]].concat();
    vec![
        attack("attach_a_passed_tree", &attach)
            .hook("file_receive")
            .reveals(),
        attack(
            "read_in_a_passed_tree",
            &[
                "read-in-received",
                "/v/gift.sock",
                "tree",
                "root/bulkhead-secret",
            ],
        )
        .hook("file_receive")
        .reveals(),
        // Before it is attached: it stays so.
        Attack::leaky(
            "read_in_a_leaked_tree",
            "mount",
            &["read-at", "8", "root/bulkhead-secret"],
        )
        .hook("file_open")
        .reveals(),
        Attack::leaky(
            "attach_a_leaked_tree",
            "mount",
            &[
                "then-read",
                "/tmp/root/bulkhead-secret",
                "attach-inherited",
                "8",
                "/tmp",
            ],
        )
        .hook("move_mount")
        .reveals(),
        attack(
            "create_a_passed_filesystem",
            &["create-received", "/v/gift.sock"],
        )
        .hook("sb_kern_mount"),
        attack(
            "reconfigure_a_passed_filesystem",
            &["reconfigure-received", "/v/gift.sock"],
        )
        .hook("sb_remount"),
    ]
}
