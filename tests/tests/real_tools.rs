//! What attackers type: real tools in a container of Debian with the host's pids and network.

use anyhow::Result;
use bulkhead_tests::{
    attack::Attack,
    docker::{self, docker},
    host::Host,
    outcome::Outcome,
    stage::Stage,
};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        typed(
            "docker_cli_through_init",
            "foreign-process",
            "docker -H unix:///proc/1/root/run/docker.sock ps",
        ),
        typed(
            "gdb_reads_memory",
            "foreign-process",
            "gdb -batch -p {victim} -ex 'x/s {victim-address}' | grep the-hosts-secret",
        )
        .reveals(),
        typed(
            "strace_attaches",
            "foreign-process",
            "timeout 1 strace -p {victim}; test $? = 124",
        ),
        typed(
            "socat_to_abstract",
            "runtime-socket",
            "socat -u ABSTRACT-CONNECT:bulkhead-shim -",
        )
        .reveals(),
        typed(
            "unshare_and_mount",
            "mount",
            "unshare -m mount -t tmpfs none /tmp",
        ),
        typed(
            "ip_netns_exec",
            "mount",
            "ip netns add made && ip netns exec made true",
        ),
        typed(
            "ip_netns_exec_of_init",
            "foreign-process",
            "ip netns attach init 1 && ip netns exec init true",
        )
        .or("mount"),
    ]);
}

fn typed(name: &'static str, rule: &'static str, script: &'static str) -> Attack {
    Attack::custom(name, rule, move |host, stage| run(host, stage, script))
}

/// In a container that is started for the first.
fn run(host: &Host, stage: &mut Stage, script: &str) -> Result<Outcome> {
    let container = stage.named("tools");
    let start = [
        "run",
        "-d",
        "--name",
        &container,
        "--privileged",
        "--pid=host",
        "--network=host",
        "debian",
        "sleep",
        "infinity",
    ];
    let docker_cli = [
        "cp",
        "/usr/bin/docker",
        &format!("{container}:/usr/bin/docker"),
    ];
    stage.once("tools", || {
        docker::must(&start)?;
        // The image has no container engine.
        docker::must(&docker_cli).map(drop)
    })?;
    let script = stage.expand(host, script);
    docker(&["exec", &container, "sh", "-c", &script])
}
