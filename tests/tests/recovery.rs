//! An agent starts while a container does something that takes long.

use std::{fs, path::Path, thread};

use anyhow::{Result, anyhow, ensure};
use bulkhead_tests::{
    agent::Agent,
    docker,
    host::Host,
    resident::Resident,
    stage::{Phase, Stage},
};
use nix::errno::Errno;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
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
