//! `bulkhead explain` says of any `docker run` what the kernel then does.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    docker::{ATTACKER, docker},
    explain::explain,
    host::Host,
    record::{Expected, Record},
    stage::{POLICY, Phase, Stage},
};
use fastrand::Rng;

use crate::suite::Suite;

/// On each kernel; each `docker run` takes an emulated machine four seconds.
const RUNS: usize = 8;

const PROFILES: &[(&str, &str)] = &[
    ("baseline", ""),
    ("restricted", ""),
    (
        "paths",
        "host_paths = [{ path = \"/etc\" }, { path = \"/srv\", access = \"rw\" }]\n\
         capabilities.add = [\"SYS_PTRACE\"]\n",
    ),
    (
        "namespaces",
        "host_namespaces = [\"pid\", \"net\", \"ipc\"]\nproc_mount = \"unmasked\"\n",
    ),
    (
        "strict",
        "seccomp = \"required\"\nno_new_privs = \"required\"\nuser = \"non-root\"\n\
         capabilities.drop = [\"NET_RAW\", \"MKNOD\"]\n",
    ),
    (
        "powerful",
        "capabilities.add = [\"ALL\"]\nkernel_filesystems = [\"sysfs\", \"cgroup2\"]\n",
    ),
];

/// One of each line.
const OPTIONS: &[&[&[&str]]] = &[
    &[
        &[],
        &[],
        &["--privileged"],
        &["--cap-add=SYS_PTRACE"],
        &["--cap-add=ALL"],
        &["--cap-drop=ALL"],
        &["--cap-drop=ALL", "--cap-add=NET_BIND_SERVICE"],
    ],
    &[
        &[],
        &[],
        &["--pid=host"],
        &["--ipc=host"],
        &["--uts=host"],
        &["--cgroupns=host"],
    ],
    &[
        &["--network=none"],
        &["--network=none"],
        &["--network=host"],
    ],
    &[
        &[],
        &[],
        &["--security-opt=seccomp=unconfined"],
        &["--security-opt=systempaths=unconfined"],
        &["--security-opt=no-new-privileges"],
    ],
    &[&[], &["--user=1000"], &["--user=0:0"]],
    &[
        &[],
        &[],
        &["-v", "/etc:/x:ro"],
        &["-v", "/srv:/x"],
        &["--mount=type=bind,src=/root,dst=/x,readonly"],
        &["-v", "/var/run/docker.sock:/x"],
        &["-v", "policy-agreed:/x"],
        &["--tmpfs=/x"],
        &["-v", "/sys:/x:ro"],
        &["-v", "/dev/null:/x"],
    ],
    &[&[], &["--read-only"], &["--init"]],
];

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(
        Phase::Policy,
        "policy::explain_agrees_with_the_kernel",
        agrees,
    );
}

/// Others on each kernel, and the same whenever it is run again.
fn agrees(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let mut policy = String::new();
    for (name, text) in PROFILES {
        if !text.is_empty() {
            let _ = write!(policy, "[[profile]]\nname = \"{name}\"\n{text}");
        }
        let _ = write!(
            policy,
            "[[assign]]\nname = \"policy-{name}-*\"\nprofile = \"{name}\"\n"
        );
    }
    let agent = stage.ruled_by(&policy)?;
    let kernel = command::must(&["uname", "-r"])?;
    let seed = kernel
        .bytes()
        .fold(0, |seed: u64, byte| seed.wrapping_mul(31) ^ u64::from(byte));
    let mut random = Rng::with_seed(seed);
    let plain = one(agent, "policy-baseline-plain", &["--network=none"])?;
    let mut verdicts = BTreeSet::from([plain]);
    for number in 0..RUNS {
        let (profile, _) = random.choice(PROFILES).context("a profile")?;
        let name = format!("policy-{profile}-{number}");
        let mut options = Vec::new();
        for line in OPTIONS {
            options.extend(*random.choice(*line).context("options")?);
        }
        verdicts.insert(one(agent, &name, &options)?);
    }
    ensure!(
        verdicts.len() == 2,
        "all of them were the same: {verdicts:?}"
    );
    Ok(())
}

/// Whether it was let in.
fn one(agent: &Agent, name: &str, options: &[&str]) -> Result<bool> {
    let run = ["docker", "run", "--rm", "--name", name];
    let run = [&run[..], options, &[ATTACKER, "echo", "hello"]].concat();

    let (_, answer) = explain(POLICY, &[&["--"][..], &run].concat())?;
    let foretold: BTreeSet<_> = answer.each("/refusals", "rule").into_iter().collect();
    let details = ["capabilities", "host-namespace"].map(|rule| asked(&answer, rule));

    let since = agent.now();
    let (_, words) = run.split_first().context("docker")?;
    let outcome = docker(words)?;
    let is_in = outcome.worked(Some("hello"));
    if is_in {
        ensure!(foretold.is_empty(), "{run:?}: let in, but {answer}");
        return Ok(true);
    }
    let rules: Vec<_> = foretold.iter().copied().collect();
    ensure!(
        !rules.is_empty(),
        "{run:?}: {outcome:?}\n{}",
        agent.printed()
    );
    let expected = Expected {
        verdict: "denied",
        rules: &rules,
        container: Some(name),
        ..Expected::default()
    };
    let (_, record) = agent.denial(since, &expected)?;
    let refused: BTreeSet<_> = record.each("/violations", "rule").into_iter().collect();
    ensure!(refused == foretold, "{run:?}: {record}, but {answer}");
    let found = ["capabilities", "namespaces"].map(|list| has(&record, list));
    ensure!(found == details, "{run:?}: {record}, but {answer}");
    Ok(false)
}

/// What an answer of `explain` says under a rule, name by name.
fn asked(answer: &Record, rule: &str) -> BTreeSet<String> {
    let refusals = answer.list("/refusals");
    let of_rule = refusals.iter().filter(|refusal| refusal["rule"] == rule);
    let texts = of_rule.filter_map(|refusal| refusal["asked"].as_str());
    let names = texts.flat_map(|text| text.split(", "));
    names.map(str::to_owned).collect()
}

/// The names in a list of a record's violations.
fn has(record: &Record, list: &str) -> BTreeSet<String> {
    let violations = record.list("/violations");
    let lists = violations
        .iter()
        .filter_map(|violation| violation[list].as_array());
    let names = lists.flatten().filter_map(|name| name.as_str());
    names.map(str::to_owned).collect()
}
