//! An agent starts while a container does something that takes long.

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    docker,
    host::Host,
    resident::{ENOUGH, Resident},
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
    let mut resident = Resident::privileged("alone-forks")?;
    let chain = ["as", "forks", "fork-chain", "768", ENOUGH];
    let attack = [&chain[..], &["mount-tmpfs", "/m/forks"]].concat();
    let (agent, outcome) = resident.meanwhile(&attack, || Agent::start(&[]))?;
    ensure!(outcome.status == Errno::EPERM as i32, "{outcome:?}");
    agent.stop()?;
    drop(resident);
    docker::remove("alone-")
}
