//! What a host does beside its containers: nothing of it is anybody's business.

use bulkhead_tests::workload::{self, Workload};

use crate::suite::Suite;

const ON_THE_HOST: &[Workload] = &[
    (
        "host_sandboxes",
        include_str!("workloads/host_sandboxes.sh"),
    ),
    ("host_nspawn", include_str!("workloads/host_nspawn.sh")),
    ("host_packages", include_str!("workloads/host_packages.sh")),
    ("host_mounts", include_str!("workloads/host_mounts.sh")),
    ("host_services", include_str!("workloads/host_services.sh")),
];

pub(crate) fn register(suite: &mut Suite) {
    for workload in ON_THE_HOST {
        suite.workload(workload.0, move |_, _| workload::run(workload));
    }
}
