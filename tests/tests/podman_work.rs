//! What podman's users do all day, as root and without.

use bulkhead_tests::workload::{self, Workload};

use crate::suite::Suite;

/// With the image that all of them run.
macro_rules! podman {
    ($name:literal) => {
        (
            $name,
            concat!(
                include_str!("workloads/podman_ready.sh"),
                include_str!(concat!("workloads/", $name, ".sh"))
            ),
        )
    };
}

const PODMAN: &[Workload] = &[
    podman!("podman_runtimes"),
    podman!("podman_peers"),
    podman!("podman_network"),
    podman!("podman_rootless"),
];

pub(crate) fn register(suite: &mut Suite) {
    for workload in PODMAN {
        suite.workload(workload.0, move |_, _| workload::run(workload));
    }
}
