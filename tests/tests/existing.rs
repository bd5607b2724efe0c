//! Containers that run already when their profile begins to refuse what they have.

use std::{collections::BTreeMap, fs, process::Command};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    docker::{self, ATTACKER, docker},
    host::Host,
    record::{Expected, Record},
    stage::{Phase, Stage},
};

use serde_json::Value;

use crate::suite::Suite;

/// Each with what is wrong with it.
const CONTAINERS: &[(&str, &[&str], &[&str])] = &[
    (
        "policy-privileged",
        &["--privileged"],
        &["capabilities", "kernel-filesystem", "proc-mount"],
    ),
    (
        "policy-etc",
        &["-v", "/etc:/x:ro", "-v", "policy-kept:/kept"],
        &["host-path"],
    ),
    ("policy-namespaces", &["--pid=host"], &["host-namespace"]),
    (
        "policy-ordinary",
        &[
            "-v",
            "policy-kept:/kept",
            "--tmpfs",
            "/t",
            "--init",
            "--ipc=shareable",
        ],
        &[],
    ),
    // Its /etc/hosts and /dev/shm are the other's.
    (
        "policy-peer",
        &[
            "--network=container:policy-ordinary",
            "--ipc=container:policy-ordinary",
        ],
        &[],
    ),
];

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(
        Phase::Policy,
        "policy::containers_that_run_already",
        run_already,
    );
    suite.trial(
        Phase::Alone,
        "alone::containers_that_ran_before_the_agent",
        ran_before,
    );
}

/// The agent that starts stops what it would not have let in, and nothing else.
fn ran_before(_: &mut Host, _: &mut Stage) -> Result<()> {
    const POLICY: &str = "/tmp/existing.toml";
    const PODMAN: &str = "alone-of-podman";
    let import = "podman import -q /opt/images/busybox.tar busybox";
    command::must(&["sh", "-c", import])?;
    let run = ["podman", "run", "-d", "--network=none", "--pid=host"];
    command::must(&[&run[..], &["--name", PODMAN, "busybox", "sleep", "600"]].concat())?;
    let mut service = Command::new("podman")
        .args(["system", "service", "--time=0"])
        .spawn()
        .context("podman's service")?;
    let names = ["alone-ordinary", "alone-host-pid"];
    for (name, options) in names.into_iter().zip([&[][..], &["--pid=host"]]) {
        let run = ["run", "-d", "--network=none", "--name", name];
        docker::must(&[&run[..], options, &[ATTACKER, "sleep", "600"]].concat())?;
    }
    fs::write(POLICY, "existing = \"stop\"\n")?;
    let agent = Agent::start(&["--policy", POLICY])?;
    for container in ["alone-host-pid", PODMAN] {
        let expected = Expected {
            verdict: "stopped",
            rules: &["host-namespace"],
            container: Some(container),
            profile: Some("baseline"),
            ..Expected::default()
        };
        agent.denial(0, &expected)?;
    }
    let left = command::must(&["podman", "ps", "-q"])?;
    ensure!(left.is_empty(), "podman still runs {left}");
    service.kill()?;
    service.wait()?;
    command::must(&["podman", "rm", PODMAN])?;
    let running = docker::must(&["ps", "--format", "{{.Names}}"])?;
    let running: Vec<_> = running
        .lines()
        .filter(|name| names.contains(name))
        .collect();
    ensure!(running == ["alone-ordinary"], "{running:?}");
    docker::must(&["exec", "alone-ordinary", "true"])?;
    agent.stop()?;
    docker::remove("alone-")
}

fn run_already(_: &mut Host, stage: &mut Stage) -> Result<()> {
    stage.ruled_by("default = \"privileged\"\n")?;
    for (name, options, _) in CONTAINERS {
        let run = ["run", "-d", "--name", name];
        let has_network = options.iter().any(|option| option.starts_with("--network"));
        let network: &[&str] = if has_network {
            &[]
        } else {
            &["--network=none"]
        };
        let act = [ATTACKER, "sleep", "600"];
        docker::must(&[&run[..], network, options, &act].concat())?;
    }
    ensure!(running()?.len() == CONTAINERS.len(), "not all are there");
    ensure!(refused()?.values().all(Vec::is_empty), "{:?}", refused()?);

    let agent = stage.ruled_by("existing = \"report\"\n")?;
    let found = refused()?;
    for (name, _, rules) in CONTAINERS {
        let found = found.get(*name).with_context(|| format!("no {name}"))?;
        ensure!(found == rules, "{name}: {found:?}");
    }
    ensure!(
        running()?.len() == CONTAINERS.len(),
        "report has stopped one"
    );

    // The newest first, as Docker lists them.
    let innocent = ["policy-peer", "policy-ordinary"];
    stage.ruled_by("existing = \"stop\"\n")?;
    for (name, _, rules) in CONTAINERS {
        if !rules.is_empty() {
            stopped(agent, name, rules)?;
        }
    }
    ensure!(running()? == innocent, "{:?}", running()?);
    // Docker calls it started: it is the container's program that the kernel refuses.
    let since = agent.now();
    docker(&["start", "policy-etc"])?;
    let expected = Expected {
        verdict: "denied",
        rules: &["host-path"],
        container: Some("policy-etc"),
        ..Expected::default()
    };
    agent.denial(since, &expected)?;
    let code = docker::must(&["wait", "policy-etc"])?;
    ensure!(code != "0", "SUCCEEDED again");
    docker::must(&["exec", "policy-ordinary", "true"])?;
    docker::remove("policy-")?;
    docker::must(&["volume", "rm", "policy-kept"]).map(drop)
}

fn stopped(agent: &Agent, name: &str, rules: &[&str]) -> Result<()> {
    let expected = Expected {
        verdict: "stopped",
        rules,
        container: Some(name),
        profile: Some("baseline"),
        ..Expected::default()
    };
    let (place, record) = agent.denial(0, &expected)?;
    ensure!(record.each("/refusals", "rule") == rules, "{record}");
    let again = agent.records(place + 1, agent.now())?;
    let mut again = again.iter().filter(|record| expected.matches(record));
    ensure!(again.next().is_none(), "twice");
    Ok(())
}

fn running() -> Result<Vec<String>> {
    let filter = "name=^/policy-";
    let names = docker::must(&["ps", "--filter", filter, "--format", "{{.Names}}"])?;
    Ok(names.lines().map(str::to_owned).collect())
}

/// Rules by container, as `bulkhead ps` has them.
fn refused() -> Result<BTreeMap<String, Vec<String>>> {
    let text = command::must(&["bulkhead", "ps", "-o", "json"])?;
    let mut all = BTreeMap::new();
    for row in serde_json::from_str::<Vec<Value>>(&text)? {
        let row = Record::parse(&row.to_string())?;
        let rules = row.each("/would_refuse", "rule");
        let rules = rules.into_iter().map(str::to_owned).collect();
        all.insert(row.text("/name").to_owned(), rules);
    }
    Ok(all)
}
