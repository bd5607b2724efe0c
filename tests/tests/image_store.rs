//! Docker with the containerd image store and a `data-root` of its own: another place for every root
//! and every volume. It takes another daemon, so no agent of a phase is there meanwhile.

use std::path::Path;

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::{Agent, write_innocent_policy},
    command,
    host::Host,
    record::Expected,
    stage::{Phase, Stage},
    workload::{self, Workload},
};

use crate::suite::Suite;

const POLICY: &str = "/tmp/image-store.toml";
const SWITCH: Workload = (
    "image_store_on",
    include_str!("workloads/image_store_on.sh"),
);
const WORK: Workload = ("image_store", include_str!("workloads/image_store.sh"));
const SWITCH_BACK: Workload = (
    "image_store_off",
    include_str!("workloads/image_store_off.sh"),
);

pub(crate) fn register(suite: &mut Suite) {
    let name = "alone::innocence::containerd_image_store_and_data_root";
    suite.trial(Phase::Alone, name, another_docker);
    suite.takes_long();
}

fn another_docker(_: &mut Host, _: &mut Stage) -> Result<()> {
    write_innocent_policy(Path::new(POLICY))?;
    let agent = Agent::start(&["--policy", POLICY])?;
    let worked = workload::run(&SWITCH)
        .and_then(|()| workload::run(&WORK))
        .and_then(|()| first_refusal(&agent))
        .and_then(|()| root_is_no_volume(&agent));
    workload::run(&SWITCH_BACK)?;
    worked?;
    agent.stop()
}

/// What is forbidden there is refused, and it is the first thing that is.
fn first_refusal(agent: &Agent) -> Result<()> {
    let forbidden = [
        "docker",
        "run",
        "--rm",
        "--name",
        "innocence-lenient-last",
        "--network",
        "none",
        "--privileged",
        "busybox",
        "umount",
    ];
    command::run(&[&forbidden[..], &["/dev/shm"]].concat())?;
    let expected = Expected {
        verdict: "denied",
        rules: &["mount"],
        comm: Some("umount"),
        ..Expected::default()
    };
    let (place, _) = agent.denial(0, &expected)?;
    ensure!(place == 0, "refused before: {}", agent.printed());
    Ok(())
}

/// The folder of all volumes, and those beside it.
fn root_is_no_volume(agent: &Agent) -> Result<()> {
    for path in ["/srv/moved-docker", "/srv/moved-docker/volumes", "/srv"] {
        let volume = format!("{path}:/x:ro");
        let run = [
            "docker",
            "run",
            "--rm",
            "--network",
            "none",
            "--name",
            "alone-root",
        ];
        let outcome = command::run(&[&run[..], &["-v", &volume, "busybox", "true"]].concat())?;
        ensure!(outcome.status != 0, "{path} SUCCEEDED");
        let expected = Expected {
            verdict: "denied",
            rules: &["host-path"],
            container: Some("alone-root"),
            host_path: Some(path),
            ..Expected::default()
        };
        agent.denial(0, &expected)?;
    }
    Ok(())
}
