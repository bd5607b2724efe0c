//! A contained task opens or makes a disk, or another device that leads to the host.

use bulkhead_tests::attack::Attack;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(opened());
    suite.attacks(made());
    suite.attacks(terminals());
}

fn opened() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "device", argv).hook("file_open");
    vec![
        attack("disk_read", &["read", "{disk}"]),
        attack("disk_written", &["open-writable", "{disk}"]),
        attack("nvme_controller", &["open-writable", "{controller}"]),
        attack("nvme_generic", &["open", "{generic}"]),
        attack("dev_mem", &["open", "/dev/mem"]),
        attack("loop_control", &["open", "/dev/loop-control"]),
        attack("disk_opened_by_uring", &["uring-open-writable", "{disk}"]).by_another(),
        Attack::tool(
            "debugfs_reads_the_disk",
            "device",
            &["debugfs", "-R", "cat /root/bulkhead-secret", "{disk}"],
        )
        .hook("file_open")
        .reveals(),
    ]
}

/// Nothing in `/dev` is needed.
fn made() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "device", argv).hook("inode_mknod");
    vec![
        attack(
            "node_of_the_disk",
            &["make-node-and-open", "b", "{disk-major}", "{disk-minor}"],
        ),
        attack("node_of_memory", &["make-node-and-open", "c", "1", "1"]),
        attack("node_of_ports", &["make-node", "c", "1", "4"]),
        attack("node_of_registers", &["make-node", "c", "202", "0"]),
        attack("node_of_device_mapper", &["make-node", "c", "10", "236"]),
        Attack::tool(
            "mknod_of_the_disk",
            "device",
            &[
                "mknod",
                "/made-by-tool",
                "b",
                "{disk-major}",
                "{disk-minor}",
            ],
        )
        .hook("inode_mknod"),
    ]
}

fn terminals() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "device", argv);
    vec![
        attack("letter_typed_for_another", &["push-letter"]).hook("file_ioctl"),
        attack("letter_typed_by_32_bit_call", &["push-letter-32"]).hook("file_ioctl_compat"),
        attack("takes_what_is_for_the_console", &["take-console"]).hook("file_ioctl"),
        attack("console_of_the_host", &["console", "/dev/tty1"]).hook("file_ioctl"),
    ]
}
