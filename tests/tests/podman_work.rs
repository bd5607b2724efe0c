//! What podman's users do all day, as root and without.

use anyhow::{Result, ensure};
use bulkhead_tests::{
    host::Host,
    record::Expected,
    stage::{Phase, Stage},
    workload::{self, Workload},
};

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
    ROOTLESS,
];

const ROOTLESS: Workload = podman!("podman_rootless");
const ROOTLESS_ETC: Workload = podman!("podman_rootless_etc");

pub(crate) fn register(suite: &mut Suite) {
    for workload in PODMAN {
        suite.workload(workload.0, move |_, _| workload::run(workload));
    }
    suite.trial(
        Phase::Policy,
        "policy::a_user_without_root_is_judged",
        without_root,
    );
    suite.takes_long(1);
}

fn without_root(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let agent = stage.ruled_by("default = \"privileged\"\n")?;
    workload::run(&ROOTLESS)?;
    workload::run(&ROOTLESS_ETC)?;
    stage.ruled_by("")?;
    let since = agent.now();
    ensure!(workload::run(&ROOTLESS_ETC).is_err(), "SUCCEEDED");
    let expected = Expected {
        verdict: "denied",
        rules: &["host-path"],
        host_path: Some("/etc"),
        ..Expected::default()
    };
    agent.denial(since, &expected).map(drop)
}
