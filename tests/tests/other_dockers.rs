//! Docker with other places for every root and every volume. It takes a daemon of its own, so no
//! agent of a phase is there meanwhile.

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

const POLICY: &str = "/tmp/other-docker.toml";
const DAEMONS: &[Workload] = &[
    (
        "containerd_image_store",
        concat!(
            include_str!("workloads/docker_killed.sh"),
            include_str!("workloads/other_docker_image_store.sh"),
            include_str!("workloads/other_docker_on.sh")
        ),
    ),
    (
        "moved_data_root",
        concat!(
            include_str!("workloads/docker_killed.sh"),
            include_str!("workloads/other_docker_moved.sh"),
            include_str!("workloads/other_docker_on.sh")
        ),
    ),
    (
        "remapped_users",
        concat!(
            include_str!("workloads/docker_killed.sh"),
            include_str!("workloads/other_docker_remapped.sh"),
            include_str!("workloads/other_docker_on.sh")
        ),
    ),
];
const WORK: Workload = (
    "other_docker_work",
    include_str!("workloads/other_docker_work.sh"),
);
const SWITCH_BACK: Workload = (
    "other_docker_off",
    concat!(
        include_str!("workloads/docker_killed.sh"),
        include_str!("workloads/docker_again.sh"),
        include_str!("workloads/other_docker_off.sh")
    ),
);

pub(crate) fn register(suite: &mut Suite) {
    for daemon in DAEMONS {
        let name = format!("alone::innocence::{}", daemon.0);
        suite.trial(Phase::Alone, name, move |_: &mut Host, _: &mut Stage| {
            other_docker(daemon)
        });
        suite.takes_long(1);
    }
}

fn other_docker(daemon: &Workload) -> Result<()> {
    write_innocent_policy(Path::new(POLICY))?;
    let agent = Agent::start(&["--policy", POLICY])?;
    let worked = workload::run(daemon)
        .and_then(|()| workload::run(&WORK))
        .and_then(|()| first_refusal(&agent));
    workload::run(&SWITCH_BACK)?;
    worked?;
    agent.stop()
}

/// What is forbidden there is refused, and it is the first thing that is: a mount from inside, and
/// the folder of all volumes.
fn first_refusal(agent: &Agent) -> Result<()> {
    let run = ["docker", "run", "--rm", "--network=none", "--userns=host"];
    let umount = [
        "--name",
        "innocence-lenient-last",
        "--privileged",
        "busybox",
    ];
    command::run(&[&run[..], &umount, &["umount", "/dev/shm"]].concat())?;
    let expected = Expected {
        verdict: "denied",
        rules: &["mount"],
        comm: Some("umount"),
        ..Expected::default()
    };
    let (place, _) = agent.denial(0, &expected)?;
    ensure!(place == 0, "refused before: {}", agent.printed());

    let root = command::must(&["docker", "info", "-f", "{{.DockerRootDir}}"])?;
    let volumes = format!("{root}/volumes:/x:ro");
    let name = "alone-volumes";
    let binds = ["--name", name, "-v", &volumes, "busybox", "true"];
    let outcome = command::run(&[&run[..], &binds].concat())?;
    ensure!(outcome.status != 0, "{volumes} SUCCEEDED");
    let expected = Expected {
        verdict: "denied",
        rules: &["host-path"],
        container: Some(name),
        ..Expected::default()
    };
    agent.denial(0, &expected).map(drop)
}
