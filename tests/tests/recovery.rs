//! The agent dies. In this version its programs die with it: what remains is to say so.

use std::{fs, path::Path, thread};

use anyhow::{Result, anyhow, ensure};
use bulkhead_tests::{
    agent::Agent,
    docker,
    host::Host,
    record::Expected,
    resident::Resident,
    stage::{Phase, Stage},
};
use nix::errno::Errno;

use crate::{
    status_tail::{Tail, says},
    suite::Suite,
};

const MOUNT: [&str; 4] = ["as", "again", "mount-tmpfs", "/m/again"];

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(
        Phase::Alone,
        "alone::agent_is_killed_and_started_again",
        killed,
    );
    suite.trial(
        Phase::Alone,
        "alone::agent_is_started_during_a_fork",
        started_during_a_fork,
    );
}

/// The label comes while the parent is in the middle of a long fork, again and again.
fn started_during_a_fork(_: &mut Host, _: &mut Stage) -> Result<()> {
    let mut resident =
        Resident::start(docker::privileged_actor("alone-forks", &["--network=none"]))?;
    let enough = Path::new(docker::VOLUME_DIR).join("enough");
    if enough.exists() {
        fs::remove_file(&enough)?;
    }
    let chain = ["as", "forks", "fork-chain", "768", "/v/enough"];
    let attack = [&chain[..], &["mount-tmpfs", "/m/forks"]].concat();
    let (agent, outcome) = thread::scope(|scope| {
        let attacker = scope.spawn(|| resident.perform(&attack));
        let agent = Agent::start(&[]);
        fs::write(&enough, "")?;
        let outcome = attacker
            .join()
            .map_err(|_| anyhow!("the attacker panicked"))?;
        Ok::<_, anyhow::Error>((agent?, outcome?))
    })?;
    ensure!(outcome.status == Errno::EPERM as i32, "{outcome:?}");
    agent.stop()?;
    drop(resident);
    docker::remove("alone-")
}

fn killed(_: &mut Host, _: &mut Stage) -> Result<()> {
    let mut resident = Resident::start(docker::privileged_actor(
        "alone-recovery",
        &["--network=none"],
    ))?;
    let agent = Agent::start(&[])?;
    let tail = Tail::start(&[])?;
    ensure!(
        resident.perform(&MOUNT)?.status != 0,
        "SUCCEEDED under the first agent"
    );
    tail.shows("again")?;
    agent.kill()?;
    says(2, "off")?;

    let agent = Agent::start(&[])?;
    says(0, "enforcing")?;
    let outcome = resident.perform(&["as", "after", "mount-tmpfs", "/m/after"])?;
    ensure!(
        outcome.status != 0,
        "SUCCEEDED under the second agent: {outcome:?}"
    );
    let expected = Expected {
        verdict: "denied",
        rules: &["mount"],
        ..Expected::default()
    };
    agent.denial(
        0,
        &Expected {
            container: Some("alone-recovery"),
            ..expected
        },
    )?;
    // The tail that lost the first agent has found the second.
    tail.shows("after")?;
    agent.stop()?;
    says(2, "off")?;
    drop(resident);
    docker::remove("alone-")
}
