//! The policy is read again: a wrong one changes nothing, a right one takes effect, and nobody
//! slips through in between.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use anyhow::{Result, anyhow, ensure};
use bulkhead_tests::{
    agent::{ATTACKED, write_policy},
    bundle::Bundle,
    command, docker,
    host::{ANCHORED, Host},
    resident::Resident,
    stage::{POLICY, Phase, Stage},
};
use nix::errno::Errno;

use crate::suite::Suite;

const TRIAL: &str = "/tmp/trial.toml";
const CHANGES: usize = 12;
const ELSEWHERE: &str = "/opt/elsewhere";

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(Phase::Policy, "policy::policy_is_read_again", read_again);
    suite.trial(
        Phase::Policy,
        "policy::attacked_while_it_changes",
        attacked_meanwhile,
    );
}

/// A container acts all the time while its profile, its assign and the default change, and bundles
/// with a path of the host's are started.
fn attacked_meanwhile(host: &mut Host, stage: &mut Stage) -> Result<()> {
    let assigned = "[[assign]]\nname = \"policy-*\"\nprofile = \"attacked\"\n";
    let other = ATTACKED.replace("\"attacked\"", "\"other\"");
    let policies = [
        format!("{ATTACKED}{assigned}"),
        format!("default = \"attacked\"\n{ATTACKED}host_paths = [{{ path = \"/srv\" }}]\n"),
        format!("default = \"other\"\n{other}"),
        "default = \"privileged\"\n".to_owned(),
    ];
    let policies = policies
        .map(|policy| format!("{policy}[[assign]]\nruntime = \"runc\"\nprofile = \"baseline\"\n"));
    let [first, others @ ..] = &policies;
    stage.ruled_by(first)?;
    let options = ["--network=none"];
    let mut resident = Resident::start(docker::privileged_actor("policy-meanwhile", &options))?;
    let secret = ["/bin/cat", "/tmp/bulkhead-secret"];
    let bundle = Bundle::make(&host.actor, ELSEWHERE, &secret)?.mount("bind", "/etc", "/tmp")?;
    let over = AtomicBool::new(false);
    let (times, starts) = thread::scope(|scope| {
        let starter = scope.spawn(|| {
            let mut starts = 0;
            while !over.load(Ordering::Relaxed) {
                let outcome = bundle.run("runc", "policy-starts")?;
                ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}");
                starts += 1;
            }
            Ok(starts)
        });
        let attacker = scope.spawn(|| {
            let mut times = 0;
            while !over.load(Ordering::Relaxed) {
                let outcome = resident.perform(&["mount-tmpfs", "/m"])?;
                ensure!(outcome.status == Errno::EPERM as i32, "{outcome:?}");
                times += 1;
            }
            Ok(times)
        });
        let changes = change_often(stage, first, others);
        over.store(true, Ordering::Relaxed);
        let (times, starts) = (attacker.join(), starter.join());
        changes?;
        let times: Result<usize> = times.map_err(|_| anyhow!("the attacker panicked"))?;
        let starts: Result<usize> = starts.map_err(|_| anyhow!("the starter panicked"))?;
        Ok::<_, anyhow::Error>((times?, starts?))
    })?;
    ensure!(times > 2 * CHANGES, "tried only {times} times");
    ensure!(starts > CHANGES / 4, "started only {starts} times");
    drop(resident);
    docker::remove("policy-")
}

/// By a signal, by the verb, and on trial.
fn change_often(stage: &Stage, first: &str, others: &[String]) -> Result<()> {
    for policy in others.iter().cycle().take(CHANGES) {
        stage.ruled_by(policy)?;
        fs::write(POLICY, first)?;
        command::must(&["bulkhead", "reload"])?;
        fs::write(TRIAL, policy)?;
        command::must(&["bulkhead", "try", TRIAL, "--for", "10m"])?;
        command::must(&["bulkhead", "try", "--cancel"])?;
    }
    Ok(())
}

fn read_again(host: &mut Host, stage: &mut Stage) -> Result<()> {
    let bundle = Bundle::make(&host.actor, ELSEWHERE, &["/bin/echo", "hello"])?;
    write_policy(Path::new(POLICY), "enforce", ANCHORED)?;
    let agent = stage.agent()?;
    agent.reload("policy read again")?;
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
    Ok(())
}
