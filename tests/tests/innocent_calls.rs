//! What programs in containers do with their own things: none of it is refused.

use std::fs;

use anyhow::{Result, ensure};
use bulkhead_tests::{
    docker::{self, ATTACKER, VOLUME, VOLUME_DIR},
    host::Host,
    resident::Resident,
    stage::Stage,
    tools,
};

use crate::suite::Suite;

/// A name, and what the actor does in a container of its own.
type Case = (&'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    ("own_socket", &["meet-oneself", "stream", "/tmp/own-1"]),
    (
        "own_datagram_socket",
        &["meet-oneself", "dgram", "/tmp/own-2"],
    ),
    ("own_abstract_socket", &["meet-oneself", "stream", "@own"]),
    (
        "own_abstract_seqpacket",
        &["meet-oneself", "seqpacket", "@own"],
    ),
    ("own_abstract_datagram", &["meet-oneself", "dgram", "@own"]),
    (
        "socket_of_the_host_in_a_volume",
        &["connect", "stream", "/v/gift.sock"],
    ),
    ("opens_own_namespace", &["open", "/proc/self/ns/net"]),
    (
        "opens_own_pid_namespace",
        &["open", "/proc/self/ns/pid_for_children"],
    ),
    ("back_into_net_it_made", &["setns-made", "net"]),
    ("back_into_uts_it_made", &["setns-made", "uts"]),
    ("back_into_mnt_it_made", &["setns-made", "mnt"]),
    (
        "own_net_setting",
        &["rewrite", "/proc/sys/net/ipv4/ip_forward"],
    ),
    ("own_hostname", &["rewrite", "/proc/sys/kernel/hostname"]),
    (
        "own_shared_memory_setting",
        &["rewrite", "/proc/sys/kernel/shmmni"],
    ),
    ("own_oom_score", &["rewrite", "/proc/self/oom_score_adj"]),
    ("message_queue", &["message-queue", "own"]),
    (
        "watches_pressure",
        &["open-writable", "/proc/pressure/memory"],
    ),
    ("own_signals", &["own-signals-of-oneself"]),
    (
        "nested_user_namespace",
        &["unshare-all", "read", "/proc/version"],
    ),
    (
        "nested_mounts_and_an_older_dir",
        &["read-from-old-mounts", "/proc", "version"],
    ),
    ("dev_null", &["open-writable", "/dev/null"]),
    ("dev_ptmx", &["open-writable", "/dev/ptmx"]),
    (
        "reads_core_pattern",
        &["read", "/proc/sys/kernel/core_pattern"],
    ),
    (
        "reads_sysfs",
        &["read", "/sys/kernel/mm/transparent_hugepage/enabled"],
    ),
    ("makes_a_fifo", &["make-node", "p", "0", "0"]),
    ("own_nice_value", &["keep-nice", "0"]),
    ("own_limit", &["keep-limit", "0"]),
    ("tcp_socket", &["socket", "2", "1"]),
    ("netlink_socket", &["socket", "16", "3"]),
    ("own_files_by_uring", &["uring-open-writable", "/dev/null"]),
    (
        "own_files_by_uring_worker",
        &["uring-open-writable-by-worker", "/dev/null"],
    ),
];

pub(crate) fn register(suite: &mut Suite) {
    for (name, argv) in CASES {
        suite.innocent(name, move |_, stage| {
            let tag = stage.tag(name);
            does(stage.resident()?, &[&["as", &tag], *argv].concat())
        });
    }
    suite.innocent("own_abstract_socket_on_the_hosts_network", |_, stage| {
        does(stage.early()?, &["meet-oneself", "stream", "@early"])
    });
    suite.innocent("own_cgroup", own_cgroup);
    suite.innocent("two_containers_share_a_socket", share_a_socket);
    suite.innocent("strace_in_container", strace);
}

fn does(resident: &mut Resident, argv: &[&str]) -> Result<()> {
    let outcome = resident.perform(argv)?;
    ensure!(outcome.status == 0, "{argv:?}: {outcome:?}");
    Ok(())
}

/// With a pid namespace of its own: its processes are all that it can move.
fn own_cgroup(_: &mut Host, _: &mut Stage) -> Result<()> {
    docker::must(&[
        "run",
        "--rm",
        "--name",
        "innocence-lenient-cgroup",
        "--privileged",
        "--network",
        "none",
        ATTACKER,
        "/actor",
        "use-own-cgroup",
    ])?;
    Ok(())
}

fn share_a_socket(_: &mut Host, stage: &mut Stage) -> Result<()> {
    // Left by a run before this one.
    let _ = fs::remove_file(format!("{VOLUME_DIR}/shared.sock"));
    let name = stage.named("server");
    let mut server = std::process::Command::new("docker");
    server.args(["run", "-i", "--name", &name, "--network", "none", "-v"]);
    server.args([&format!("{VOLUME}:/v"), ATTACKER]);
    server.args(["/actor", "listen-at", "/v/shared.sock"]);
    let server = Resident::start(server)?;
    does(stage.resident()?, &["connect", "stream", "/v/shared.sock"])?;
    drop(server);
    Ok(())
}

fn strace(_: &mut Host, stage: &mut Stage) -> Result<()> {
    ensure!(tools::have("strace"), "this machine has no strace");
    does(
        stage.resident()?,
        &[
            "tool",
            "strace",
            "-o",
            "/dev/null",
            "/actor",
            "read",
            "/proc/version",
        ],
    )
}
