//! The policy is read again: a wrong one changes nothing, a right one takes effect.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::{Agent, write_policy},
    bundle::Bundle,
    host::{ANCHORED, Host},
    stage::{Phase, Stage},
};

use crate::suite::Suite;

const POLICY: &str = "/tmp/reload.toml";
const ELSEWHERE: &str = "/opt/elsewhere";

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(Phase::Alone, "alone::policy_is_read_again", read_again);
}

fn read_again(host: &mut Host, _: &mut Stage) -> Result<()> {
    let bundle = Bundle::make(&host.actor, ELSEWHERE, &["/bin/echo", "hello"])?;
    write_policy(Path::new(POLICY), "enforce", ANCHORED)?;
    let agent = Agent::start(&["--policy", POLICY])?;
    let outcome = bundle.run("runc", "before")?;
    ensure!(!outcome.worked(None), "SUCCEEDED before: {outcome:?}");

    fs::write(POLICY, "mode = \"enforced\"\n")?;
    agent.reload("the policy in force stays")?;
    ensure!(
        agent.said().contains(&format!("{POLICY}:1:8")),
        "{}",
        agent.said()
    );
    let outcome = bundle.run("runc", "between")?;
    ensure!(
        !outcome.worked(None),
        "SUCCEEDED under a wrong policy: {outcome:?}"
    );

    write_policy(Path::new(POLICY), "enforce", ELSEWHERE)?;
    agent.reload("policy read again")?;
    let outcome = bundle.run("runc", "after")?;
    ensure!(
        outcome.worked(Some("hello")),
        "{outcome:?}\n{}",
        agent.printed()
    );
    agent.stop()
}
