//! What a container may have besides host paths: each setting is refused for its rule, is only
//! reported in audit mode, and is let in by the profile that says so, which shows that it works.

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    docker::{self, ATTACKER},
    explain::explain,
    host::Host,
    outcome::Outcome,
    record::{Expected, Record},
    stage::{POLICY, Phase, Stage},
};

use crate::{podman, suite::Suite};

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
    for (runtime, cases) in [("docker", CASES), ("docker", OF_DOCKER), ("podman", CASES)] {
        for case in cases {
            let name = format!("policy::admission_by_{runtime}::{}", case.name);
            suite.trial(Phase::Policy, name, move |_, stage| {
                setting(stage, runtime, case)
            });
            suite.takes_long(1);
        }
    }
    suite.trial(Phase::Policy, "policy::admission_of_exec", exec);
    suite.trial(Phase::Policy, "policy::admission_restricted", restricted);
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

/// Two profiles, each assigned by the container's name.
fn policy(runtime: &str, case: &Case) -> String {
    let Case {
        name, asks, lets, ..
    } = case;
    let assign = |start: &str, profile: &str, mode: &str| {
        format!(
            "[[assign]]\nname = \"policy-{runtime}-{start}-{name}\"\nprofile = \"{profile}\"\n{mode}\n"
        )
    };
    format!(
        "[[profile]]\nname = \"asks\"\n{asks}\n\
         [[profile]]\nname = \"lets\"\nextends = \"asks\"\n{lets}\n{}{}{}",
        assign("refused", "asks", ""),
        assign("watched", "asks", "mode = \"audit\""),
        assign("let-in", "lets", ""),
    )
}

fn setting(stage: &Stage, runtime: &str, case: &Case) -> Result<()> {
    if runtime == "podman" {
        podman::import()?;
    }
    let agent = stage.ruled_by(&policy(runtime, case))?;
    let name = |start: &str| format!("policy-{runtime}-{start}-{}", case.name);
    let outcome = run(runtime, &name("refused"), case.options)?;
    ensure!(!outcome.worked(None), "SUCCEEDED");
    let record = recorded(agent, case, "denied", &name("refused"))?;
    let rules = record.each("/violations", "rule");
    foretold(runtime, &name("refused"), case, &rules)?;
    if WATCHED.contains(&case.rule) {
        watched(agent, runtime, case)?;
    }
    let outcome = run(runtime, &name("let-in"), case.options)?;
    let printed = agent.printed();
    ensure!(outcome.worked(Some("hello")), "{outcome:?}\n{printed}");
    foretold(runtime, &name("let-in"), case, &[])
}

/// Only reported.
fn watched(agent: &Agent, runtime: &str, case: &Case) -> Result<()> {
    let name = format!("policy-{runtime}-watched-{}", case.name);
    let outcome = run(runtime, &name, case.options)?;
    let worked = outcome.worked(Some("hello"));
    ensure!(worked, "{name}: {outcome:?}");
    recorded(agent, case, "audited", &name).map(drop)
}

/// `bulkhead explain` names the same rules as the kernel did.
fn foretold(runtime: &str, name: &str, case: &Case, rules: &[&str]) -> Result<()> {
    let network: &[&str] = if has_network(case.options) {
        &[]
    } else {
        &["--network=none"]
    };
    let run = [runtime, "run", "--rm", "--name", name];
    let act = [ATTACKER, "echo", "hello"];
    let words = [&["--"][..], &run, network, case.options, &act].concat();
    let (outcome, answer) = explain(POLICY, &words)?;
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
fn exec(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let agent = stage.ruled_by(
        "[[profile]]\nname = \"careful\"\nuser = \"non-root\"\n\
         [[assign]]\nname = \"policy-careful\"\nprofile = \"careful\"\n\
         [[assign]]\nname = \"policy-free\"\nprofile = \"privileged\"\n",
    )?;
    let does = |options: &[&str], container: &str| {
        let act = [container, "echo", "hello"];
        command::run(&[&["docker", "exec"], options, &act].concat())
    };
    for (name, user) in [("free", "0"), ("ordinary", "0"), ("careful", "1000")] {
        let name = stage.named(name);
        let options = ["--network=none", "--user", user, "--name", &name];
        let act = [ATTACKER, "sleep", "600"];
        docker::must(&[&["run", "-d"][..], &options, &act].concat())?;
    }
    for (options, container, rule) in [
        ("--privileged", "policy-ordinary", "capabilities"),
        ("--user=0", "policy-careful", "root-user"),
    ] {
        let outcome = does(&[options], container)?;
        ensure!(!outcome.worked(None), "exec {options} SUCCEEDED");
        record_of(agent, &[rule], "denied", container)?;
    }
    for (options, container) in [
        (&["--privileged"][..], "policy-free"),
        (&["--user=0"], "policy-free"),
        (&[], "policy-ordinary"),
        (&[], "policy-careful"),
    ] {
        let outcome = does(options, container)?;
        let printed = agent.printed();
        ensure!(outcome.worked(Some("hello")), "{outcome:?}\n{printed}");
    }
    docker::remove("policy-")
}

/// The built-in profile: everything at once is refused with all its violations in one record, and
/// what the standard asks for is enough.
fn restricted(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let agent = stage.ruled_by("default = \"restricted\"\n")?;
    let since = agent.now();
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
        !run("docker", "policy-worst", &worst)?.worked(None),
        "SUCCEEDED"
    );
    let record = record_of(agent, &["host-path"], "denied", "policy-worst")?;
    let all = agent.records(since, agent.now())?;
    let all = all
        .iter()
        .filter(|record| record.text("/container/name") == "policy-worst");
    ensure!(all.count() == 1, "more than one record: {record}");
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
    let outcome = run("docker", "policy-best", &best)?;
    ensure!(
        outcome.worked(Some("hello")),
        "{outcome:?}\n{}",
        agent.printed()
    );
    Ok(())
}
