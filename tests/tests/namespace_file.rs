//! A contained task gets hold of a namespace that is not its own, without entering it yet.

use bulkhead_tests::attack::Attack;
use nix::errno::Errno;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(passed());
    suite.attacks(by_relation());
    suite.attacks(vec![
        Attack::leaky(
            "namespace_file_of_the_host",
            "namespace-file",
            &["open", "/proc/self/fd/5"],
        )
        .hook("file_open"),
        Attack::leaky(
            "bound_namespace_file",
            "namespace-file",
            &["open", "/proc/self/fd/3/tmp/bound-namespace"],
        )
        .or("foreign-file")
        .hook("file_open")
        .after(bind_namespace),
        Attack::actor("namespace_by_handle", "handle", &["open-hosts-network"])
            .hook("capable")
            // Somebody without the capability is not told what there is.
            .answered(Errno::ESTALE)
            .since(6, 18),
    ]);
}

fn passed() -> Vec<Attack> {
    let attack = |name, kind| {
        let argv = &["receive-namespace", "/v/gift.sock", kind];
        Attack::actor(name, "namespace-file", argv).hook("file_receive")
    };
    vec![
        attack("passed_mnt_namespace", "mnt"),
        attack("passed_net_namespace", "net"),
        attack("passed_ipc_namespace", "ipc"),
        attack("passed_uts_namespace", "uts"),
    ]
}

/// The kernel opens these files by itself.
fn by_relation() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "namespace-file", argv);
    vec![
        attack(
            "namespace_of_a_passed_socket",
            &["namespace-of-socket", "/v/gift.sock"],
        )
        .hook("file_open"),
        attack("namespace_by_pidfd", &["namespace-of-pidfd", "1"])
            .or("foreign-process")
            .since(6, 12),
        attack("oldest_mnt_namespace", &["setns-mnt-get-prev"])
            .hook("file_open")
            .since(6, 12),
    ]
}

/// As `ip netns add` does.
fn bind_namespace(_: &bulkhead_tests::host::Host) -> anyhow::Result<()> {
    let file = "/tmp/bound-namespace";
    if !std::path::Path::new(file).exists() {
        std::fs::write(file, "")?;
        bulkhead_tests::command::must(&["mount", "--bind", "/proc/self/ns/net", file])?;
    }
    Ok(())
}
