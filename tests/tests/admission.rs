//! What a container may have besides host paths: each setting succeeds without Bulkhead, is refused
//! for its rule, is only reported in audit mode, and is let in by the profile that says so.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    docker::{self, ATTACKER},
    host::Host,
    outcome::Outcome,
    record::{Expected, Record},
    stage::{Phase, Stage},
};

use crate::{podman, suite::Suite};

const POLICY: &str = "/tmp/admission.toml";

/// One of the mount tree and one of the task: each takes an emulated machine seconds.
const WATCHED: &[&str] = &["proc-mount", "seccomp"];

struct Case {
    name: &'static str,
    /// Options of `docker run` and `podman run`.
    options: &'static [&'static str],
    /// The rule, and a word of the record's `violations`.
    rule: &'static str,
    word: &'static str,
    /// What the refusing profile says on top of `baseline`, and the one that lets it in on top of that.
    asks: &'static str,
    lets: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "privileged",
        options: &["--privileged"],
        rule: "capabilities",
        word: "SYS_MODULE",
        asks: "",
        lets: "capabilities.add = [\"ALL\"]\nkernel_filesystems = [\"sysfs\", \"cgroup2\"]\n\
               proc_mount = \"unmasked\"",
    },
    Case {
        name: "one_capability",
        options: &["--cap-add", "SYS_PTRACE"],
        rule: "capabilities",
        word: "[\"SYS_PTRACE\"]",
        asks: "",
        lets: "capabilities.add = [\"SYS_PTRACE\"]",
    },
    Case {
        name: "one_of_dockers_capabilities",
        options: &["--cap-add", "CHOWN"],
        rule: "capabilities",
        word: "\"CHOWN\"",
        asks: "capabilities.drop = [\"CHOWN\"]",
        lets: "capabilities.add = [\"CAP_CHOWN\"]",
    },
    Case {
        name: "host_pid",
        options: &["--pid=host"],
        rule: "host-namespace",
        word: "[\"pid\"]",
        asks: "",
        lets: "host_namespaces = [\"pid\"]",
    },
    Case {
        name: "host_network",
        options: &["--network=host"],
        rule: "host-namespace",
        word: "[\"net\"]",
        asks: "",
        lets: "host_namespaces = [\"net\"]",
    },
    Case {
        name: "host_ipc",
        options: &["--ipc=host"],
        // The host's /dev/shm comes with it.
        rule: "host-path",
        word: "[\"ipc\"]",
        asks: "",
        lets: "host_namespaces = [\"ipc\"]",
    },
    Case {
        name: "no_seccomp",
        options: &["--security-opt", "seccomp=unconfined"],
        rule: "seccomp",
        word: "seccomp",
        asks: "seccomp = \"required\"",
        lets: "seccomp = \"any\"",
    },
    Case {
        name: "new_privileges",
        options: &[],
        rule: "no-new-privs",
        word: "no-new-privs",
        asks: "no_new_privs = \"required\"",
        lets: "no_new_privs = \"any\"",
    },
    Case {
        name: "root_user",
        options: &[],
        rule: "root-user",
        word: "root-user",
        asks: "user = \"non-root\"",
        lets: "user = \"any\"",
    },
];

/// Docker alone has these.
const OF_DOCKER: &[Case] = &[Case {
    name: "unmasked_proc",
    options: &["--security-opt", "systempaths=unconfined"],
    rule: "proc-mount",
    word: "\"/proc\"",
    asks: "",
    lets: "proc_mount = \"unmasked\"",
}];

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(Phase::Alone, "alone::admission_by_docker", |_, _| {
        let cases: Vec<_> = CASES.iter().chain(OF_DOCKER).collect();
        settings("docker", &cases)
    });
    suite.trial(Phase::Alone, "alone::admission_by_podman", |_, _| {
        podman::import()?;
        settings("podman", &CASES.iter().collect::<Vec<_>>())
    });
    suite.takes_long();
    suite.trial(Phase::Alone, "alone::admission_of_exec", exec);
    suite.trial(Phase::Alone, "alone::admission_restricted", restricted);
}

fn run(runtime: &str, name: &str, options: &[&str]) -> Result<Outcome> {
    let network: &[&str] = if has_network(options) {
        &[]
    } else {
        &["--network=none"]
    };
    let words = [runtime, "run", "--rm", "--name", name];
    let act = [ATTACKER, "echo", "hello"];
    command::run(&[&words[..], network, options, &act].concat())
}

/// Two profiles for every case, each assigned by the container's name.
fn policy(cases: &[&Case]) -> String {
    let mut text = String::new();
    for Case {
        name, asks, lets, ..
    } in cases
    {
        let assign = |start: &str, profile: &str, mode: &str| {
            format!(
                "[[assign]]\nname = \"{start}-{name}\"\nprofile = \"{profile}-{name}\"\n{mode}\n"
            )
        };
        let _ = write!(
            text,
            "[[profile]]\nname = \"asks-{name}\"\n{asks}\n\
             [[profile]]\nname = \"lets-{name}\"\nextends = \"asks-{name}\"\n{lets}\n{}{}{}",
            assign("alone-refused", "asks", ""),
            assign("alone-watched", "asks", "mode = \"audit\""),
            assign("alone-let-in", "lets", ""),
        );
    }
    text
}

fn settings(runtime: &str, cases: &[&Case]) -> Result<()> {
    for case in cases {
        let outcome = run(runtime, "alone-off", case.options)?;
        ensure!(
            outcome.worked(Some("hello")),
            "{} without: {outcome:?}",
            case.name
        );
    }
    std::fs::write(POLICY, policy(cases))?;
    let agent = Agent::start(&["--policy", POLICY])?;
    for case in cases {
        let name = |start: &str| format!("{start}-{}", case.name);
        let outcome = run(runtime, &name("alone-refused"), case.options)?;
        ensure!(!outcome.worked(None), "{} SUCCEEDED", case.name);
        let record = recorded(&agent, case, "denied", &name("alone-refused"))?;
        foretold(
            runtime,
            &name("alone-refused"),
            case,
            &record.each("/violations", "rule"),
        )?;
        if WATCHED.contains(&case.rule) {
            watched(&agent, runtime, case)?;
        }
        let outcome = run(runtime, &name("alone-let-in"), case.options)?;
        let printed = agent.printed();
        ensure!(
            outcome.worked(Some("hello")),
            "{}: {outcome:?}\n{printed}",
            case.name
        );
        foretold(runtime, &name("alone-let-in"), case, &[])?;
    }
    agent.stop()
}

/// Only reported.
fn watched(agent: &Agent, runtime: &str, case: &Case) -> Result<()> {
    let name = format!("alone-watched-{}", case.name);
    let outcome = run(runtime, &name, case.options)?;
    let worked = outcome.worked(Some("hello"));
    ensure!(worked, "{name}: {outcome:?}");
    recorded(agent, case, "audited", &name).map(drop)
}

/// `bulkhead explain` names the same rules as the kernel did.
fn foretold(runtime: &str, name: &str, case: &Case, rules: &[&str]) -> Result<()> {
    let explain = [
        "bulkhead", "explain", "--policy", POLICY, "-o", "json", "--",
    ];
    let network: &[&str] = if has_network(case.options) {
        &[]
    } else {
        &["--network=none"]
    };
    let run = [runtime, "run", "--rm", "--name", name];
    let act = [ATTACKER, "echo", "hello"];
    let words = [&explain[..], &run, network, case.options, &act].concat();
    let outcome = command::run(&words)?;
    let answer = Record::parse(outcome.output.lines().next().unwrap_or_default())?;
    let found = answer.each("/refusals", "rule");
    ensure!(
        found == rules,
        "{words:?}: {found:?} instead of {rules:?}: {outcome:?}"
    );
    let status = if rules.is_empty() { 0 } else { 3 };
    ensure!(outcome.status == status, "{words:?}: {outcome:?}");
    Ok(())
}

fn has_network(options: &[&str]) -> bool {
    options.iter().any(|option| option.starts_with("--network"))
}

/// There is a record of this container, with this rule among its violations.
fn recorded(agent: &Agent, case: &Case, verdict: &str, container: &str) -> Result<Record> {
    let record = record_of(agent, &[case.rule], verdict, container)?;
    let text = record.to_string();
    ensure!(text.contains(case.word), "no {} in {text}", case.word);
    Ok(record)
}

fn record_of(agent: &Agent, rules: &[&str], verdict: &str, container: &str) -> Result<Record> {
    let expected = Expected {
        verdict,
        rules,
        hook: Some("bprm_check_security"),
        container: Some(container),
        ..Expected::default()
    };
    agent.denial(0, &expected).map(|(_, record)| record)
}

/// What enters a container that runs is admitted by itself.
fn exec(_: &mut Host, _: &mut Stage) -> Result<()> {
    let text = "[[profile]]\nname = \"careful\"\nuser = \"non-root\"\n\
                [[assign]]\nname = \"alone-careful\"\nprofile = \"careful\"\n";
    let does = |options: &[&str], container: &str| {
        let act = [container, "echo", "hello"];
        command::run(&[&["docker", "exec"], options, &act].concat())
    };
    let start = |name: &str, user: &str| {
        let options = ["--network=none", "--user", user, "--name", name];
        let act = [ATTACKER, "sleep", "600"];
        docker::must(&[&["run", "-d"][..], &options, &act].concat())
    };
    start("alone-before", "0")?;
    let outcome = does(&["--privileged"], "alone-before")?;
    ensure!(outcome.worked(Some("hello")), "without: {outcome:?}");
    std::fs::write(POLICY, text)?;
    let agent = Agent::start(&["--policy", POLICY])?;
    start("alone-ordinary", "0")?;
    start("alone-careful", "1000")?;
    for container in ["alone-before", "alone-ordinary"] {
        ensure!(
            !does(&["--privileged"], container)?.worked(None),
            "exec --privileged SUCCEEDED"
        );
        record_of(&agent, &["capabilities"], "denied", container)?;
        let outcome = does(&[], container)?;
        ensure!(
            outcome.worked(Some("hello")),
            "{outcome:?}\n{}",
            agent.printed()
        );
    }
    ensure!(
        !does(&["--user", "0"], "alone-careful")?.worked(None),
        "exec --user 0 SUCCEEDED"
    );
    record_of(&agent, &["root-user"], "denied", "alone-careful")?;
    let outcome = does(&[], "alone-careful")?;
    ensure!(
        outcome.worked(Some("hello")),
        "{outcome:?}\n{}",
        agent.printed()
    );
    agent.stop()?;
    docker::remove("alone-")
}

/// The built-in profile: everything at once is refused with all its violations in one record, and
/// what the standard asks for is enough.
fn restricted(_: &mut Host, _: &mut Stage) -> Result<()> {
    std::fs::write(POLICY, "default = \"restricted\"\n")?;
    let agent = Agent::start(&["--policy", POLICY])?;
    let worst = [
        "--privileged",
        "--pid=host",
        "--network=host",
        "-v",
        "/etc:/x",
        "-v",
        "/root:/y",
    ];
    ensure!(
        !run("docker", "alone-worst", &worst)?.worked(None),
        "SUCCEEDED"
    );
    let record = record_of(&agent, &["host-path"], "denied", "alone-worst")?;
    let text = record.to_string();
    let words = [
        "\"/etc\"",
        "\"/root\"",
        "SYS_ADMIN",
        "[\"pid\",\"net\"]",
        "sysfs",
        "\"rule\":\"proc-mount\"",
        "\"rule\":\"seccomp\"",
        "\"rule\":\"no-new-privs\"",
        "\"rule\":\"root-user\"",
    ];
    for word in words {
        ensure!(text.contains(word), "no {word} in {text}");
    }
    let best = [
        "--user=1000",
        "--cap-drop=ALL",
        "--cap-add=NET_BIND_SERVICE",
        "--security-opt=no-new-privileges",
    ];
    let outcome = run("docker", "alone-best", &best)?;
    ensure!(
        outcome.worked(Some("hello")),
        "{outcome:?}\n{}",
        agent.printed()
    );
    agent.stop()
}
