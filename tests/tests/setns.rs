//! A contained task enters a namespace that is not its own.

use anyhow::{Result, ensure};
use bulkhead_tests::{attack::Attack, command, host::Host, stage::Stage};

use crate::suite::Suite;

const SECRET_FILE: &str = "/root/bulkhead-secret";

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(by_netlink());
    suite.attacks(vec![
        Attack::docker(
            "nsenter_to_init",
            &["--privileged", "--pid=host"],
            "nsenter -t 1 -m cat /root/bulkhead-secret",
        )
        .by_rule("foreign-process")
        .or("setns"),
        Attack::tool(
            "nsenter_by_tool",
            "foreign-process",
            &["nsenter", "-t", "1", "-m", "/bin/cat", SECRET_FILE],
        )
        .or("setns")
        .reveals(),
        Attack::mount(
            "namespace_file_by_v",
            &["-v", "/proc/1/ns/net:{at}"],
            "nsenter --net={at} echo the-hosts-secret",
        )
        .with(&["--privileged"])
        .or("setns"),
    ]);
    suite.attacks(through_proc());
    suite.attacks(through_a_leaked_descriptor());
    suite.attacks(through_a_passed_descriptor());
    suite.innocent("setns_back_to_own_net", |_, stage| own(stage, "net"));
    suite.innocent("setns_back_to_own_uts", |_, stage| own(stage, "uts"));
    suite.innocent("setns_back_to_own_mnt", |_, stage| own(stage, "mnt"));
    suite.innocent("host_enters_container", host_enters);
}

fn through_proc() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "foreign-process", argv).or("setns");
    vec![
        attack(
            "setns_mnt_of_init",
            &["then-read", SECRET_FILE, "setns-path", "/proc/1/ns/mnt"],
        )
        .reveals(),
        attack("setns_net_of_init", &["setns-path", "/proc/1/ns/net"]),
        attack(
            "setns_by_pidfd",
            &["then-read", SECRET_FILE, "setns-pidfd", "1", "mnt"],
        )
        .reveals(),
        attack(
            "setns_to_other_container",
            &["setns-path", "/proc/{other-pid}/ns/mnt"],
        ),
    ]
}

/// By descriptors that were left open: no file is opened or received on the way.
fn through_a_leaked_descriptor() -> Vec<Attack> {
    let attack = |name, argv| Attack::leaky(name, "setns", argv).hook("capable");
    let mnt = &["then-read", SECRET_FILE, "setns-inherited", "4", "mnt"];
    vec![
        attack("setns_leaked_mnt", mnt).reveals(),
        attack("setns_leaked_net", &["setns-inherited", "5", "net"]),
        attack("setns_by_32_bit_call", &["setns-inherited-32", "5", "net"]),
        attack("setns_leaked_ipc", &["setns-inherited", "6", "ipc"]),
        attack("setns_leaked_uts", &["setns-inherited", "7", "uts"]),
        attack(
            "setns_by_a_thread",
            &["clone-thread", "setns-inherited", "5", "net"],
        ),
    ]
}

/// A namespace that is passed does not even arrive.
fn through_a_passed_descriptor() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "namespace-file", argv).or("setns");
    vec![
        attack(
            "setns_passed_mnt",
            &[
                "then-read",
                SECRET_FILE,
                "setns-received",
                "/v/gift.sock",
                "mnt",
            ],
        )
        .reveals(),
        attack(
            "setns_passed_net",
            &["setns-received", "/v/gift.sock", "net"],
        ),
        attack(
            "setns_oldest_mnt",
            &["then-read", SECRET_FILE, "setns-mnt-get-prev"],
        )
        .reveals()
        .since(6, 12),
    ]
}

fn own(stage: &mut Stage, kind: &str) -> Result<()> {
    let tag = stage.tag("own");
    let outcome = stage
        .resident()?
        .perform(&["as", &tag, "setns-own", kind])?;
    ensure!(outcome.status == 0, "{outcome:?}");
    Ok(())
}

/// What an administrator does with `nsenter`.
fn host_enters(host: &mut Host, stage: &mut Stage) -> Result<()> {
    let path = stage.expand(host, "/proc/{other-pid}/ns/mnt");
    let outcome = host
        .neighbour
        .perform(&["then-read", "/proc/version", "setns-path", &path])?;
    ensure!(outcome.status == 0, "{outcome:?}");
    Ok(())
}

/// Interfaces of another namespace, without entering it.
fn by_netlink() -> Vec<Attack> {
    vec![
        Attack::actor("interface_by_number", "setns", &["link-by-number", "1"]).hook("capable"),
        Attack::actor("interface_made_by_pid", "setns", &["link-in-process", "1"])
            .hook("capable")
            .after(no_interface),
        Attack::leaky(
            "interface_made_by_descriptor",
            "setns",
            &["link-in-namespace", "5"],
        )
        .hook("capable")
        .after(no_interface),
    ]
}

/// The driver is there, and nothing of an attack before.
fn no_interface(_: &Host) -> Result<()> {
    let prepare = "modprobe dummy numdummies=0; ip link del bulkhead0 2>/dev/null || true";
    command::must(&["sh", "-c", prepare]).map(drop)
}
