//! The host's disks, mounted instead of its directories.

use anyhow::Result;
use bulkhead_tests::{
    attack::Attack,
    command,
    docker::{self, must},
    host::Host,
};

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
            "mount",
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
        .hook("sb_mount")
        .reveals(),
        Attack::actor(
            "host_disk_never_attached",
            "mount",
            &["fsmount", "ext4", "{disk}", "root/bulkhead-secret"],
        )
        .hook("capable")
        .reveals(),
        Attack::docker(
            "volume_of_host_disk",
            &["-v", "bulkhead-disk:/tmp"],
            "cat /tmp/root/bulkhead-secret",
        )
        .or("block-device")
        .after(|host| make_disk_volume("bulkhead-disk", host.fact("disk")?)),
        Attack::docker(
            "volume_of_unmounted_disk",
            &["-v", "bulkhead-loop:/tmp"],
            "cat /tmp/bulkhead-secret",
        )
        .by_rule("block-device")
        .after(make_loop_volume),
    ]);
}

/// A volume that the `local` driver mounts from a block device.
fn make_disk_volume(name: &str, device: &str) -> Result<()> {
    let device = format!("device={device}");
    let options = ["--opt", "type=ext4", "--opt", &device];
    must(&[&["volume", "create"], &options[..], &[name]].concat())?;
    Ok(())
}

/// The same of a disk that the host itself does not have mounted anywhere.
fn make_loop_volume(_: &Host) -> Result<()> {
    if docker::docker(&["volume", "inspect", "bulkhead-loop"])?.status == 0 {
        return Ok(());
    }
    let make = "modprobe -q loop; mkdir -p /tmp/disk && cp /root/bulkhead-secret /tmp/disk && \
        mke2fs -q -t ext4 -d /tmp/disk /tmp/disk.img 4M && losetup -f --show /tmp/disk.img";
    let device = command::must(&["sh", "-c", make])?;
    make_disk_volume("bulkhead-loop", &device)
}
