//! Docker with the containerd image store: another place for every root. It takes a daemon of its
//! own, so no agent of a phase is there meanwhile.

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
    let name = "alone::innocence::containerd_image_store";
    suite.trial(Phase::Alone, name, containerd_image_store);
    suite.takes_long(1);
}

fn containerd_image_store(_: &mut Host, _: &mut Stage) -> Result<()> {
    write_innocent_policy(Path::new(POLICY))?;
    let agent = Agent::start(&["--policy", POLICY])?;
    let worked = workload::run(&SWITCH)
        .and_then(|()| workload::run(&WORK))
        .and_then(|()| first_refusal(&agent));
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
