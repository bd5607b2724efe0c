//! What containers are for: services on a network, a developer's tools, and every way in and out.

use bulkhead_tests::workload::{self, Workload};

use crate::suite::Suite;

const UP: Workload = ("compose_up", include_str!("workloads/compose_up.sh"));

/// Beside the services, in this order.
const IN_COMPOSE: &[Workload] = &[
    ("postgresql", include_str!("workloads/postgresql.sh")),
    ("redis", include_str!("workloads/redis.sh")),
    ("nginx", include_str!("workloads/nginx.sh")),
    ("compose_down", include_str!("workloads/compose_down.sh")),
];

const BY_ITSELF: &[Workload] = &[
    (
        "languages_and_debuggers",
        include_str!("workloads/languages_and_debuggers.sh"),
    ),
    ("exec_forms", include_str!("workloads/exec_forms.sh")),
    ("copies", include_str!("workloads/copies.sh")),
    ("ends", include_str!("workloads/ends.sh")),
    ("settings", include_str!("workloads/settings.sh")),
    (
        "sockets_between",
        include_str!("workloads/sockets_between.sh"),
    ),
    ("ctr", include_str!("workloads/ctr.sh")),
];

pub(crate) fn register(suite: &mut Suite) {
    for workload in IN_COMPOSE {
        suite.innocent(workload.0, move |_, stage| {
            stage.once(UP.0, || workload::run(&UP))?;
            workload::run(workload)
        });
    }
    suite.takes_long(IN_COMPOSE.len());
    for workload in BY_ITSELF {
        suite.workload(workload.0, move |_, _| workload::run(workload));
    }
}
