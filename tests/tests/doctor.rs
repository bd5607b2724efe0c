//! `bulkhead doctor` on a machine with Docker, and what monitoring is told there.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command},
};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    command::{self, NOBODY},
    outcome::Outcome,
    stage::{Phase, Stage},
};
use serde_json::Value;

use crate::suite::Suite;

const DOCTOR: &[&str] = &["bulkhead", "doctor"];
const NAGIOS: &[&str] = &["bulkhead", "status", "-o", "nagios"];
const CONFIG: &str = "/etc/docker/daemon.json";
const SOCKET: &str = "/run/docker.sock";
const BPF_FOR_ALL: &str = "/proc/sys/kernel/unprivileged_bpf_disabled";

pub(crate) fn register(suite: &mut Suite) {
    for phase in [Phase::Off, Phase::Enforce] {
        let name = format!("{}::doctor_sees_all_well", phase.name());
        suite.trial(phase, name, |_, _| all_well());
    }
    suite.trial(Phase::Off, "off::nagios_is_critical", |_, _| {
        nagios(NAGIOS, 2, "BULKHEAD CRITICAL - no agent is running").map(drop)
    });
    suite.trial(Phase::Enforce, "enforce::nagios_counts", |_, stage| {
        counts(stage)
    });
    suite.trial(
        Phase::Enforce,
        "enforce::nagios_of_nobody_is_unknown",
        |_, _| {
            let argv = [NOBODY, NAGIOS].concat();
            nagios(&argv, 3, "BULKHEAD UNKNOWN - cannot connect to ").map(drop)
        },
    );
    suite.trial(Phase::Audit, "audit::nagios_warns", |_, _| {
        nagios(NAGIOS, 1, "BULKHEAD WARNING - auditing (").map(drop)
    });
    suite.trial(Phase::Alone, "alone::doctor_without_root", |_, _| {
        without_root()
    });
    suite.trial(Phase::Alone, "alone::doctor_sees_an_open_docker", |_, _| {
        open_docker()
    });
    suite.trial(Phase::Alone, "alone::doctor_sees_an_open_socket", |_, _| {
        open_socket()
    });
    suite.trial(
        Phase::Alone,
        "alone::doctor_sees_who_may_load_bpf",
        |_, _| bpf_for_all(),
    );
}

fn doctor(status: i32, words: &[&str]) -> Result<Outcome> {
    ends(DOCTOR, status, words)
}

fn ends(argv: &[&str], status: i32, words: &[&str]) -> Result<Outcome> {
    let outcome = command::run(argv)?;
    ensure!(outcome.status == status, "not {status}: {}", outcome.output);
    for word in words {
        ensure!(
            outcome.output.contains(word),
            "no {word:?}: {}",
            outcome.output
        );
    }
    Ok(outcome)
}

/// Nothing to mend on the machine that everything else is tested on.
fn all_well() -> Result<()> {
    let words = [
        "ok       hooks            every hook",
        "Docker: containers are known by /var/lib/docker/containers/ID/config.v2.json",
        "podman: containers are known by /var/lib/containers/storage/",
        "crun: what /usr/bin/crun sets up is known by descent",
        "/run/docker.sock is for group docker (",
        "\nthis host can enforce\n",
    ];
    doctor(0, &words)?;
    let said = ends(&[DOCTOR, &["-o", "json"]].concat(), 0, &[])?;
    let report: Value = serde_json::from_str(&said.output)?;
    ensure!(
        report["ok"] == true && report["can_enforce"] == true,
        "{report}"
    );
    let findings = report["findings"].as_array().context("no findings")?;
    ensure!(
        findings.iter().all(|found| found["level"] == "fine"),
        "{report}"
    );
    Ok(())
}

fn nagios(argv: &[&str], status: i32, start: &str) -> Result<String> {
    let said = ends(argv, status, &[])?.output;
    let lines = said.lines().count();
    ensure!(lines == 1 && said.starts_with(start), "{said}");
    Ok(said)
}

/// After one refusal at least; those before may have been too many to be told.
fn counts(stage: &mut Stage) -> Result<()> {
    stage.denials_since(stage.agent()?.now())?;
    let status = command::must(&["bulkhead", "status", "-o", "json"])?;
    let status: Value = serde_json::from_str(&status)?;
    let lost = status["counters"]["lost"]
        .as_object()
        .is_some_and(|lost| !lost.is_empty());
    let (code, start) = if lost {
        (1, "BULKHEAD WARNING - enforcing (")
    } else {
        (0, "BULKHEAD OK - enforcing (")
    };
    let said = nagios(NAGIOS, code, start)?;
    let (_, data) = said.split_once(" | ").context("no performance data")?;
    let labels: Vec<_> = data
        .split(' ')
        .filter_map(|datum| datum.split_once('='))
        .collect();
    let names: Vec<_> = labels.iter().map(|(name, _)| *name).collect();
    let expected = [
        "denied",
        "audited",
        "lost",
        "late",
        "containers",
        "hooks",
        "uptime",
    ];
    ensure!(names == expected, "{said}");
    let denied = labels[0].1.split_once("c;").context("not counted")?.0;
    ensure!(denied.parse::<u64>()? > 0, "{said}");
    Ok(())
}

fn without_root() -> Result<()> {
    let words = [
        "ok       lsm ",
        "ok       hooks ",
        "unknown  privileges ",
        "→ sudo bulkhead doctor\n",
        "this host can enforce: 1 not seen\n",
    ];
    ends(&[NOBODY, DOCTOR].concat(), 1, &words).map(drop)
}

/// What the next start of dockerd would do, and what one does that runs.
fn open_docker() -> Result<()> {
    // Another trial may have left one.
    let before = fs::read(CONFIG).ok();
    fs::write(
        CONFIG,
        r#"{"hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"]}"#,
    )?;
    let seen = doctor(
        1,
        &["warning  docker-api       Docker listens on tcp://0.0.0.0:2375 and asks"],
    );
    match before {
        Some(text) => fs::write(CONFIG, text)?,
        None => fs::remove_file(CONFIG)?,
    }
    seen?;
    doctor(0, &[])?;
    let mut daemon = pretender(&["-H", "fd://", "-H", "tcp://127.0.0.1:2376"])?;
    let open = doctor(
        1,
        &[
            "Docker listens on tcp://127.0.0.1:2376 and",
            "→ systemctl edit --full",
        ],
    );
    end(&mut daemon)?;
    open?;
    let mut daemon = pretender(&["-Htcp://127.0.0.1:2376", "--tlsverify"])?;
    let closed = doctor(
        0,
        &["ok       docker-api       Docker listens on tcp://127.0.0.1:2376 and"],
    );
    end(&mut daemon)?;
    closed.map(drop)
}

/// A program called dockerd, of root's, that was told this.
fn pretender(args: &[&str]) -> Result<Child> {
    let program = "/tmp/pretender/dockerd";
    fs::create_dir_all("/tmp/pretender")?;
    fs::copy("/bin/dash", program)?;
    let mut dash = Command::new(program);
    dash.args(["-c", "read -r _ < /tmp/pretender/never", "x"])
        .args(args);
    command::must(&[
        "sh",
        "-c",
        "test -p /tmp/pretender/never || mkfifo /tmp/pretender/never",
    ])?;
    dash.spawn().context("start the pretender")
}

fn end(daemon: &mut Child) -> Result<()> {
    daemon.kill()?;
    daemon.wait()?;
    Ok(())
}

fn open_socket() -> Result<()> {
    let mode = fs::metadata(SOCKET)?.permissions();
    fs::set_permissions(SOCKET, fs::Permissions::from_mode(0o666))?;
    let seen = doctor(
        1,
        &[
            "warning  socket           every user",
            "→ chmod o-rw /run/docker.sock",
        ],
    );
    fs::set_permissions(SOCKET, mode)?;
    seen?;
    doctor(0, &[]).map(drop)
}

fn bpf_for_all() -> Result<()> {
    let before = fs::read_to_string(BPF_FOR_ALL)?;
    fs::write(BPF_FOR_ALL, "0")?;
    let seen = doctor(1, &["warning  unprivileged-bpf every user"]);
    fs::write(BPF_FOR_ALL, before.trim())?;
    seen?;
    doctor(0, &[]).map(drop)
}
