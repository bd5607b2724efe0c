//! The host's disks, mounted instead of its directories.

use anyhow::Result;
use bulkhead_tests::{attack::Attack, docker::must};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        Attack::docker(
            "host_disk_mounted_inside",
            &["--privileged"],
            "mount -t ext4 {disk} /tmp && cat /tmp/root/bulkhead-secret",
        )
        .by_rule("mount"),
        Attack::actor(
            "host_disk_by_own_node",
            "device",
            &[
                "then-read",
                "/m/node/root/bulkhead-secret",
                "mknod-and-mount",
                "ext4",
                "{disk-major}",
                "{disk-minor}",
                "/m/node",
            ],
        )
        .hook("inode_mknod")
        .reveals(),
        Attack::actor(
            "host_disk_never_attached",
            "mount",
            &["fsmount", "ext4", "{disk}", "root/bulkhead-secret"],
        )
        .hook("capable")
        .reveals(),
        Attack::mount(
            "volume_of_host_disk",
            &["-v", "bulkhead-disk:{at}"],
            "cat {at}/root/bulkhead-secret",
        )
        .or("block-device")
        .after(|host| make_disk_volume("bulkhead-disk", host.fact("disk")?)),
        Attack::mount(
            "volume_of_unmounted_disk",
            &["-v", "bulkhead-loop:{at}"],
            "cat {at}/bulkhead-secret",
        )
        .or("block-device")
        .after(|host| make_disk_volume("bulkhead-loop", host.fact("loop")?)),
    ]);
}

/// A volume that the `local` driver mounts from a block device.
fn make_disk_volume(name: &str, device: &str) -> Result<()> {
    let device = format!("device={device}");
    let options = ["--opt", "type=ext4", "--opt", &device];
    must(&[&["volume", "create"], &options[..], &[name]].concat())?;
    Ok(())
}
