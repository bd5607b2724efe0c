//! What an administrator gets wrong, and what the agent answers.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent,
    command::{self, NOBODY},
    docker,
    host::Host,
    lines::Lines,
    outcome::Outcome,
    stage::{Phase, Stage},
};

use crate::suite::Suite;

const POLICY: &str = "/tmp/wrong.toml";
const SOCKET: &str = "/run/bulkhead/bulkhead.sock";

/// A policy, and the place and the words of the complaint about it.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("wrong_mode", "mode = \"enforced\"", "1:8", "\"enforce\""),
    ("unknown_key", "\nmoed = \"audit\"", "2:1", "`mode`"),
    ("broken_toml", "mode = ", "1:8", ""),
    (
        "relative_host_path",
        "host_paths = [{ path = \"srv\" }]",
        "3:24",
        "relative",
    ),
    (
        "missing_host_path",
        "host_paths = [{ path = \"/nowhere\" }]",
        "3:24",
        "does not exist",
    ),
];

pub(crate) fn register(suite: &mut Suite) {
    for case in WRONG {
        let name = format!("alone::policy_with_{}", case.0);
        suite.trial(Phase::Alone, name, move |_, _| wrong_policy(case));
    }
    suite.trial(Phase::Alone, "alone::policy_is_not_there", |_, _| {
        let outcome = command::run(&["bulkhead", "run", "--policy", "/nowhere.toml"])?;
        refused(&outcome, 3, &["/nowhere.toml"])
    });
    suite.trial(Phase::Alone, "alone::not_root", |_, _| {
        let outcome = command::run(&[NOBODY, &["bulkhead", "run"]].concat())?;
        refused(&outcome, 4, &["must be root", "hint: "])
    });
    suite.trial(
        Phase::Alone,
        "alone::something_else_is_the_socket",
        |_, _| in_the_way(),
    );
    suite.trial(Phase::Alone, "alone::wrong_usage", |_, _| {
        refused(
            &command::run(&["bulkhead", "run", "--polcy", "x"])?,
            2,
            &["--policy"],
        )
    });
    suite.trial(Phase::Enforce, "enforce::a_second_agent", second_agent);
    suite.trial(Phase::Alone, "alone::head_takes_one_record", head);
}

fn refused(outcome: &Outcome, status: i32, words: &[&str]) -> Result<()> {
    ensure!(outcome.status == status, "not {status}: {outcome:?}");
    for word in words {
        ensure!(outcome.output.contains(word), "no {word:?}: {outcome:?}");
    }
    ensure!(!outcome.output.contains("panicked"), "{outcome:?}");
    Ok(())
}

fn wrong_policy((_, text, place, word): &(&str, &str, &str, &str)) -> Result<()> {
    let profile = "[[profile]]\nname = \"baseline\"\n";
    let text = if text.starts_with("host_paths") {
        format!("{profile}{text}")
    } else {
        (*text).into()
    };
    fs::write(POLICY, text)?;
    let outcome = command::run(&["bulkhead", "run", "--policy", POLICY])?;
    refused(&outcome, 3, &[&format!("{POLICY}:{place}: "), word])
}

fn in_the_way() -> Result<()> {
    fs::create_dir_all("/run/bulkhead")?;
    // A socket may be left from an agent before.
    let _ = fs::remove_file(SOCKET);
    fs::write(SOCKET, "")?;
    let outcome = command::run(&["bulkhead", "run"])?;
    fs::remove_file(SOCKET)?;
    refused(&outcome, 1, &[SOCKET, "in the way"])
}

/// It is told so, and the first goes on enforcing.
fn second_agent(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let outcome = command::run(&["bulkhead", "run"])?;
    let pid = stage.agent()?.pid().to_string();
    refused(&outcome, 1, &["already running", &pid])?;
    ensure!(
        Path::new(SOCKET).exists(),
        "the second agent took the first one's socket away"
    );
    stage.denials_since(stage.agent()?.now())?;
    Ok(())
}

/// The reader is gone after one record; the agent ends with the next, and without noise.
fn head(_: &mut Host, _: &mut Stage) -> Result<()> {
    let line = "bulkhead run -o json | head -n1; echo status ${PIPESTATUS[0]}";
    let mut pipeline = Command::new("bash")
        .args(["-c", line])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("start bash")?;
    let printed = Lines::of(pipeline.stdout.take().context("its stdout")?);
    let said = Lines::of(pipeline.stderr.take().context("its stderr")?);
    let ended = said.wait_for(0, agent::START, agent::ready).and_then(|_| {
        for name in ["alone-head-1", "alone-head-2"] {
            let run = [
                "run",
                "--name",
                name,
                "--network",
                "none",
                "-v",
                "/etc:/x",
                docker::ATTACKER,
            ];
            docker::docker(&[&run[..], &["true"]].concat())?;
        }
        let status = |line: &str| line.strip_prefix("status ").map(str::to_owned);
        printed.wait_for(0, agent::RECORD, status)
    });
    // Does nothing if it has ended, as it should.
    command::run(&["pkill", "-x", "bulkhead"])?;
    pipeline.wait()?;
    agent::unload()?;
    docker::remove("alone-")?;
    let said = said.since(0);
    let (_, status) = ended.with_context(|| format!("the agent said {said:?}"))?;
    ensure!(status == "0", "status {status}: {said:?}");
    ensure!(said.len() == 1, "not quietly: {said:?}");
    ensure!(
        printed.since(0)[0].contains("alone-head-1"),
        "{:?}",
        printed.since(0)
    );
    Ok(())
}
