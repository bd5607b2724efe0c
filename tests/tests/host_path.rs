//! Host paths that enter a container when it is made, by whatever the caller says they are.

use std::{fs, os::unix::fs::symlink};

use anyhow::Result;
use bulkhead_tests::{attack::Attack, docker, host::Host};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        Attack::docker(
            "docker_v_root",
            &["-v", "/:/tmp"],
            "cat /tmp/root/bulkhead-secret",
        )
        .hook("bprm_check_security")
        .host_path("/"),
        Attack::docker("docker_v_etc", &["-v", "/etc:/x"], "cat /x/bulkhead-secret")
            .host_path("/etc"),
        Attack::docker(
            "docker_v_docker_sock",
            &["-v", "/var/run/docker.sock:/s"],
            "/actor http-get /s /_ping | grep -q OK && echo the-hosts-secret",
        )
        .host_path("/run/docker.sock"),
        Attack::docker(
            "docker_v_dev",
            &["-v", "/dev:/d"],
            "test -b /d/{disk-name} && echo the-hosts-secret",
        )
        .host_path("/dev"),
        Attack::docker(
            "docker_mount_type_bind",
            &["--mount", "type=bind,src=/etc,dst=/x,readonly"],
            "cat /x/bulkhead-secret",
        )
        .host_path("/etc"),
        Attack::docker(
            "bind_volume_of_root",
            &["-v", "bulkhead-root:/tmp"],
            "cat /tmp/root/bulkhead-secret",
        )
        .after(make_bind_volume)
        .host_path("/"),
        Attack::docker(
            "link_in_a_volume",
            &["-v", "/var/lib/docker/volumes/bulkhead-actor/_data/link:/x"],
            "cat /x/bulkhead-secret",
        )
        .after(link_in_volume)
        .host_path("/etc"),
        Attack::docker(
            "docker_v_var_lib_docker",
            &["-v", "/var/lib/docker:/d"],
            "cat /d/bulkhead-secret",
        )
        .host_path("/var/lib/docker"),
        Attack::docker(
            "every_volume_at_once",
            &["-v", "/var/lib/docker/volumes:/d"],
            "test -d /d/bulkhead-actor/_data && echo the-hosts-secret",
        )
        .host_path("/var/lib/docker/volumes"),
        Attack::docker(
            "other_containers_files",
            &["-v", "/var/lib/docker/containers/{other}:/d"],
            "grep -q {other} /d/config.v2.json && echo the-hosts-secret",
        ),
        Attack::docker(
            "privileged_with_root",
            &[
                "--privileged",
                "--user",
                "1000",
                "--rm",
                "-v",
                "/root:/mnt:ro",
            ],
            "test -d /mnt && echo the-hosts-secret",
        )
        .host_path("/root"),
    ]);
}

/// The trick that every check on the source string lets pass: the string is a volume's name.
fn make_bind_volume(_: &Host) -> Result<()> {
    let options = ["--opt", "type=none", "--opt", "o=bind", "--opt", "device=/"];
    docker::must(&[&["volume", "create"], &options[..], &["bulkhead-root"]].concat())?;
    Ok(())
}

/// The path is below an anchor; what it leads to is not.
fn link_in_volume(_: &Host) -> Result<()> {
    let link = format!("{}/link", docker::VOLUME_DIR);
    if fs::symlink_metadata(&link).is_err() {
        symlink("/etc", &link)?;
    }
    Ok(())
}
