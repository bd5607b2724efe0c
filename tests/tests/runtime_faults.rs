//! Docker is killed and started again under the agent, or answers nobody.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    bundle::Bundle,
    command, docker,
    host::{ANCHORED, Host},
    record::Expected,
    workload::{self, Workload},
};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{faults, suite::Suite};

const KILLED: Workload = ("docker_killed", include_str!("workloads/docker_killed.sh"));
const AGAIN: Workload = ("docker_again", include_str!("workloads/docker_again.sh"));
/// Tries again and again, and says when it could.
const TRIES: &str = "until umount /dev/shm; do sleep 1; done; touch /v/could";
const COULD: &str = "could";
/// A container that Docker would know, by its cgroup.
const UNKNOWN: &str = "5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f";
/// In which a denial has to arrive when Docker does not say whose it is; it is asked for 2 s.
const SOON: Duration = Duration::from_secs(20);

pub(crate) fn register(suite: &mut Suite) {
    faults::alone(suite, "docker_is_restarted", |_| restarted());
    faults::alone(suite, "docker_answers_nobody", silent);
}

/// What runs stays contained and has its name, and so has what is started afterwards.
fn restarted() -> Result<()> {
    let could = Path::new(docker::VOLUME_DIR).join(COULD);
    let agent = faults::with_bundles()?;
    let volume = format!("{}:/v", docker::VOLUME);
    let run = ["run", "-d", "--name", "alone-kept", "--network=none"];
    let what = ["--privileged", "-v", &volume, docker::ATTACKER];
    docker::must(&[&run[..], &what, &["sh", "-c", TRIES]].concat())?;
    let kept = Expected {
        container: Some("alone-kept"),
        ..Expected::mount("umount")
    };
    let refused_from = |since| agent.denial(since, &kept).map(drop);
    refused_from(0)?;
    workload::run(&KILLED)?;
    let while_away = refused_from(agent.now());
    workload::run(&AGAIN)?;
    while_away?;
    refused_from(agent.now())?;

    let run = ["run", "--name", "alone-new", "--network=none", "-v"];
    let outcome = docker::docker(&[&run[..], &["/etc:/x", docker::ATTACKER, "true"]].concat())?;
    ensure!(outcome.status != 0, "it was let in: {outcome:?}");
    let new = Expected {
        verdict: "denied",
        rules: &["host-path"],
        container: Some("alone-new"),
        ..Expected::default()
    };
    agent.denial(0, &new)?;
    ensure!(!could.exists(), "it could meanwhile");
    agent.stop()?;
    // What it tried works when nobody refuses it.
    docker::must(&["wait", "alone-kept"])?;
    ensure!(could.exists(), "it ended and could not");
    std::fs::remove_file(could)?;
    Ok(())
}

/// Nobody says whose a denial is: it is told all the same, and soon.
fn silent(host: &Host) -> Result<()> {
    let agent = faults::with_bundles()?;
    let dockerd = std::fs::read_to_string("/run/docker.pid")?;
    let dockerd = Pid::from_raw(dockerd.trim().parse().context("docker.pid")?);
    let cgroup = format!("/faults/docker-{UNKNOWN}.scope");
    let attack = ["/actor", "as", "silent", "mount-tmpfs", "/tmp"];
    let bundle = Bundle::make(&host.actor, &format!("{ANCHORED}/faults"), &attack)?;
    let bundle = bundle.with_capabilities()?.in_cgroup(&cgroup)?;
    kill(dockerd, Signal::SIGSTOP)?;
    let attacked = || {
        let since = Instant::now();
        let outcome = bundle.run("crun", "faults-silent")?;
        let (_, record) = agent.denial(0, &Expected::mount("silent"))?;
        let took = since.elapsed();
        ensure!(outcome.status == Errno::EPERM as i32, "{outcome:?}");
        ensure!(record.text("/container/id") == UNKNOWN, "{record}");
        ensure!(took < SOON, "after {took:?}");
        command::must(&["bulkhead", "status"])?;
        command::must(&["bulkhead", "ps"])
    };
    let done = attacked();
    kill(dockerd, Signal::SIGCONT)?;
    done?;
    docker::must(&["version"])?;
    agent.stop()?;
    let outcome = bundle.run("crun", "faults-silent")?;
    ensure!(outcome.status == 0, "it does not work at all: {outcome:?}");
    Ok(())
}
