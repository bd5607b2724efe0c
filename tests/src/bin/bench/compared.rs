//! Who is compared: nobody, empty programs, Bulkhead, AppArmor's docker-default, Docker's seccomp
//! filter, and what of these is used together.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use bulkhead_tests::{
    agent::{Agent, write_policy},
    command,
    host::ANCHORED,
    workload::{self, Workload},
};
use serde_json::{Value, json};

use super::{empty, stats::Stats};

/// Where a program lies decides how many pages a fork copies.
const RANDOM: &str = "/proc/sys/kernel/randomize_va_space";
const POLICY: &str = "/tmp/bench.toml";
const IMAGE: &str = "bench";
const BULKHEAD: &str = "bulkhead";
/// What it takes then is no figure.
const COUNTED: &str = "bulkhead, counted";
/// How far two runs of the same are from one another.
const AGAIN: &str = "nothing, again";
const DOCKER_AGAIN: Workload = (
    "docker_again",
    concat!(
        include_str!("../../../tests/workloads/docker_killed.sh"),
        include_str!("../../../tests/workloads/docker_again.sh")
    ),
);

/// Both are on unless Docker is told otherwise.
const APPARMOR: &str = "--security-opt=apparmor=unconfined";
const SECCOMP: &str = "--security-opt=seccomp=unconfined";
/// What holds a container beside Bulkhead, and Docker's options for it.
type Beside = (&'static str, &'static [&'static str]);
const ALONE: &Beside = &("nothing", &[APPARMOR, SECCOMP]);
const BESIDE: &[Beside] = &[
    *ALONE,
    ("apparmor", &[SECCOMP]),
    ("seccomp", &[APPARMOR]),
    ("apparmor+seccomp", &[]),
];

pub(crate) fn all() -> Result<()> {
    fs::write(RANDOM, "0")?;
    make_image()?;
    with_apparmor()?;
    // First, because Docker watches folders from its first container on, and so slows down others.
    for beside in BESIDE {
        contained(beside.0, "contained", beside)?;
    }
    host("nothing")?;
    docker("nothing")?;
    {
        let _links = empty::attach()?;
        host("empty")?;
        contained("empty", "contained", ALONE)?;
    }
    let agent = start()?;
    host(BULKHEAD)?;
    docker(BULKHEAD)?;
    for beside in BESIDE {
        let name = match beside.0 {
            "nothing" => BULKHEAD.to_owned(),
            other => format!("{BULKHEAD}+{other}"),
        };
        contained(&name, "contained", beside)?;
    }
    counted()?;
    agent.stop()?;
    host(AGAIN)?;
    contained(AGAIN, "contained", ALONE)
}

/// What changes of the probe change.
pub(crate) fn quick() -> Result<()> {
    fs::write(RANDOM, "0")?;
    make_image()?;
    let agent = start()?;
    host(BULKHEAD)?;
    contained(BULKHEAD, "contained", ALONE)?;
    agent.stop()
}

fn start() -> Result<Agent> {
    fs::create_dir_all(ANCHORED)?;
    write_policy(Path::new(POLICY), "enforce", ANCHORED)?;
    Agent::start(&["--policy", POLICY])
}

/// The programs while the kernel counts for each, which costs more than some of them do.
fn counted() -> Result<()> {
    contained(BULKHEAD, "refused", ALONE)?;
    for (task, run) in [
        ("host", (|| host(COUNTED)) as fn() -> Result<()>),
        ("contained", || contained(COUNTED, "contained", ALONE)),
        ("refused", || contained(COUNTED, "refused", ALONE)),
        ("docker", || docker(COUNTED)),
    ] {
        let before = Stats::begin()?;
        run()?;
        for (name, spent) in before.since()? {
            let each = spent.instructions as f64 / spent.calls as f64;
            let figure =
                json!({"program": name, "task": task, "calls": spent.calls, "instructions": each});
            println!("{figure}");
        }
    }
    Ok(())
}

/// Docker uses it where it finds the parser when it starts.
fn with_apparmor() -> Result<()> {
    command::must(&["cp", "/share/apparmor_parser", "/usr/sbin/apparmor_parser"])?;
    workload::run(&DOCKER_AGAIN)
}

/// The program alone: nothing else shall run in it.
fn make_image() -> Result<()> {
    let exe = std::env::current_exe()?;
    let root = Path::new("/tmp/bench-root");
    for folder in ["tmp", "proc", "sys", "dev", "etc"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::copy(exe, root.join("bench"))?;
    let import = format!("tar -C {} -c . | docker import - {IMAGE}", root.display());
    command::must(&["sh", "-c", &import]).map(drop)
}

fn host(under: &str) -> Result<()> {
    let exe = std::env::current_exe()?;
    let exe = exe.to_str().context("no text")?;
    tell("host", under, &[exe, "ops", "host"])
}

fn docker(under: &str) -> Result<()> {
    let exe = std::env::current_exe()?;
    let exe = exe.to_str().context("no text")?;
    tell("docker", under, &[exe, "ops", "docker"])
}

fn contained(under: &str, kind: &str, (beside, options): &Beside) -> Result<()> {
    let run = ["docker", "run", "--rm", "--network=none"];
    let more = ["--cap-add=SYS_ADMIN", IMAGE, "/bench", "ops", kind, beside];
    tell("contained", under, &[&run[..], options, &more].concat())
}

/// Runs it, and tells whose each figure is.
fn tell(task: &str, under: &str, argv: &[&str]) -> Result<()> {
    let said = command::must(argv)?;
    for line in said.lines() {
        // `docker run` says nothing of its own here.
        let mut figure: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let object = figure.as_object_mut().context("no object")?;
        object.insert("task".to_owned(), json!(task));
        object.insert("under".to_owned(), json!(under));
        println!("{figure}");
    }
    Ok(())
}
