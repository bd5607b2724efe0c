//! A contained task connects to a socket of the host's, by whatever name it finds it.

use bulkhead_tests::attack::Attack;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(abstract_names());
    suite.attacks(by_a_leaked_directory());
}

/// CVE-2020-15257: whoever is on the host's network finds `containerd`'s shims.
fn abstract_names() -> Vec<Attack> {
    let attack = |name, argv| Attack::early(name, "runtime-socket", argv);
    vec![
        attack("abstract_stream", &["listen-to", "@bulkhead-shim"])
            .hook("unix_stream_connect")
            .reveals(),
        attack(
            "abstract_stream_after_leaving_the_cgroup",
            &[
                "leave-cgroup",
                "/sys/fs/cgroup",
                "listen-to",
                "@bulkhead-shim",
            ],
        )
        .hook("unix_stream_connect")
        .reveals(),
        attack(
            "abstract_seqpacket",
            &["connect", "seqpacket", "@bulkhead-sequenced"],
        )
        .hook("unix_stream_connect"),
        attack("abstract_datagram", &["send-to", "@bulkhead-datagram"]).hook("unix_may_send"),
        attack(
            "abstract_datagram_connected",
            &["connect", "dgram", "@bulkhead-datagram"],
        )
        .hook("unix_may_send"),
    ]
}

/// The socket's file is none that entered the container.
fn by_a_leaked_directory() -> Vec<Attack> {
    let attack = |name, argv| Attack::leaky(name, "runtime-socket", argv);
    let docker = "/proc/self/fd/3/run/docker.sock";
    vec![
        attack(
            "docker_sock_by_a_leaked_dir",
            &["http-get", docker, "/_ping"],
        )
        .hook("unix_stream_connect"),
        attack(
            "containerd_sock_by_a_leaked_dir",
            &[
                "connect",
                "stream",
                "/proc/self/fd/3/run/containerd/containerd.sock",
            ],
        )
        .hook("unix_stream_connect"),
        attack("docker_sock_by_32_bit_call", &["connect-32", docker]).hook("unix_stream_connect"),
        attack("docker_sock_by_uring", &["uring-connect", docker])
            .hook("unix_stream_connect")
            .by_another(),
        attack(
            "journal_by_a_leaked_dir",
            &["send-to", "/proc/self/fd/3/run/bulkhead-journal"],
        )
        .hook("unix_may_send"),
    ]
}
