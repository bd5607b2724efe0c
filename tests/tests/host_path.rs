//! Host paths that enter a container when it is made, by whatever the caller says they are.

use std::{fs, os::unix::fs::symlink};

use anyhow::Result;
use bulkhead_tests::{
    attack::Attack,
    docker,
    host::{Host, SECRET},
};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        Attack::mount(
            "docker_v_root",
            &["-v", "/:{at}"],
            "cat {at}/root/bulkhead-secret",
        )
        .hook("bprm_check_security")
        .host_path("/"),
        Attack::mount(
            "docker_v_etc",
            &["-v", "/etc:{at}"],
            "cat {at}/bulkhead-secret",
        )
        .host_path("/etc"),
        Attack::mount(
            "docker_v_docker_sock",
            &["-v", "/var/run/docker.sock:{at}"],
            "/actor http-get {at} /_ping | grep -q OK && echo the-hosts-secret",
        )
        .host_path("/run/docker.sock"),
        Attack::mount(
            "docker_v_dev",
            &["-v", "/dev:{at}"],
            "test -b {at}/{disk-name} && echo the-hosts-secret",
        )
        .with(&["--cgroup-parent", "/beside"])
        .host_path("/dev"),
        Attack::mount(
            "docker_mount_type_bind",
            &["--mount", "type=bind,src=/root,dst={at},readonly"],
            "cat {at}/bulkhead-secret",
        )
        .with(&["--privileged", "--user", "1000", "--rm"])
        .host_path("/root"),
        Attack::mount(
            "bind_volume_of_root",
            &["-v", "bulkhead-root:{at}"],
            "cat {at}/root/bulkhead-secret",
        )
        // Which of the host's mounts is named depends on their order, which 6.18 turned round.
        .after(make_bind_volume),
        Attack::mount(
            "volume_of_an_overlay",
            &["-v", "bulkhead-overlay:{at}"],
            "cat {at}/bulkhead-secret",
        )
        .after(make_overlay_volume),
        Attack::mount(
            "link_in_a_volume",
            &[
                "-v",
                "/var/lib/docker/volumes/bulkhead-actor/_data/link:{at}",
            ],
            "cat {at}/bulkhead-secret",
        )
        .after(link_in_volume)
        .host_path("/etc"),
        Attack::mount(
            "docker_v_var_lib_docker",
            &["-v", "/var/lib/docker:{at}"],
            "cat {at}/bulkhead-secret",
        )
        .host_path("/var/lib/docker"),
        Attack::mount(
            "every_volume_at_once",
            &["-v", "/var/lib/docker/volumes:{at}"],
            "test -d {at}/bulkhead-actor/_data && echo the-hosts-secret",
        )
        .host_path("/var/lib/docker/volumes"),
        Attack::mount(
            "other_containers_files",
            &["-v", "/var/lib/docker/containers/{other}:{at}"],
            "grep -q {other} {at}/config.v2.json && echo the-hosts-secret",
        ),
        // The container's `hosts` there is this one's as well; the rest is how dockerd steers it.
        Attack::custom("runtime_files_of_a_peer", "host-path", |host, _| {
            let folder = host.expand("/var/lib/docker/containers/{other}");
            let script = format!("grep -q {} /x && echo {SECRET}", host.fact("other")?);
            let (config, hosts) = (
                format!("{folder}/config.v2.json:/x"),
                format!("{folder}/hosts:/y"),
            );
            let run = ["run", "--rm", "--name", "peer", "--network=container:other"];
            let binds = ["-v", &config, "-v", &hosts, docker::ATTACKER];
            docker::docker(&[&run[..], &binds, &["sh", "-c", &script]].concat())
        })
        .in_container("peer")
        .reveals(),
    ]);
}

/// The trick that every check on the source string lets pass: the string is a volume's name.
fn make_bind_volume(_: &Host) -> Result<()> {
    let options = ["--opt", "type=none", "--opt", "o=bind", "--opt", "device=/"];
    docker::must(&[&["volume", "create"], &options[..], &["bulkhead-root"]].concat())?;
    Ok(())
}

/// The `local` driver mounts whatever it is told: here two of the host's directories.
fn make_overlay_volume(_: &Host) -> Result<()> {
    let options = [
        "--opt=type=overlay",
        "--opt=device=overlay",
        "--opt=o=lowerdir=/etc:/root",
    ];
    docker::must(&[&["volume", "create"], &options[..], &["bulkhead-overlay"]].concat())?;
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
