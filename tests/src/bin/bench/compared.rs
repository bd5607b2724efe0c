//! Who is compared: nobody, empty programs, Bulkhead, AppArmor's docker-default, Docker's seccomp
//! filter, and what of these is used together.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use aya::programs::loaded_programs;
use bulkhead_tests::{
    agent::{Agent, write_policy},
    command,
    host::ANCHORED,
};
use serde_json::{Value, json};

use super::empty;

const POLICY: &str = "/tmp/bench.toml";
const IMAGE: &str = "bench";
const STATS: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// Both are on unless Docker is told otherwise.
const APPARMOR: &str = "--security-opt=apparmor=unconfined";
const SECCOMP: &str = "--security-opt=seccomp=unconfined";
/// What holds a container beside Bulkhead, and Docker's options for it.
const BESIDE: &[(&str, &[&str])] = &[
    ("nothing", &[APPARMOR, SECCOMP]),
    ("apparmor", &[SECCOMP]),
    ("seccomp", &[APPARMOR]),
    ("apparmor+seccomp", &[]),
];

pub(crate) fn all() -> Result<()> {
    make_image()?;
    host("nothing")?;
    docker("nothing")?;
    for (name, options) in BESIDE {
        contained(name, "contained", options)?;
    }
    {
        let _links = empty::attach()?;
        host("empty")?;
        contained("empty", "contained", &[APPARMOR, SECCOMP])?;
    }
    std::fs::create_dir_all(ANCHORED)?;
    write_policy(Path::new(POLICY), "enforce", ANCHORED)?;
    let agent = Agent::start(&["--policy", POLICY])?;
    host("bulkhead")?;
    docker("bulkhead")?;
    for (name, options) in BESIDE {
        let name = match *name {
            "nothing" => "bulkhead".to_owned(),
            other => format!("bulkhead+{other}"),
        };
        contained(&name, "contained", options)?;
    }
    contained("bulkhead", "refused", &[APPARMOR, SECCOMP])?;
    std::fs::write(STATS, "1")?;
    host("bulkhead, counted")?;
    contained("bulkhead, counted", "contained", &[APPARMOR, SECCOMP])?;
    docker("bulkhead, counted")?;
    programs()?;
    std::fs::write(STATS, "0")?;
    agent.stop()
}

/// The program alone: nothing else shall run in it.
fn make_image() -> Result<()> {
    let exe = std::env::current_exe()?;
    let root = Path::new("/tmp/bench-root");
    for folder in ["tmp", "proc", "sys", "dev", "etc"] {
        std::fs::create_dir_all(root.join(folder))?;
    }
    std::fs::copy(exe, root.join("bench"))?;
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

fn contained(under: &str, kind: &str, options: &[&str]) -> Result<()> {
    let run = [
        "docker",
        "run",
        "--rm",
        "--network=none",
        "--cap-add=SYS_ADMIN",
    ];
    let act = [IMAGE, "/bench", "ops", kind];
    tell("contained", under, &[&run[..], options, &act].concat())
}

/// Runs it, and tells whose each figure is.
fn tell(task: &str, under: &str, argv: &[&str]) -> Result<()> {
    let (program, words) = argv.split_first().context("no program")?;
    let output = Command::new(program).args(words).output()?;
    let said = String::from_utf8(output.stdout)?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "{task} under {under}: {said}{complaint}"
    );
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

/// What the kernel counted of each program.
fn programs() -> Result<()> {
    for program in loaded_programs() {
        let program = program?;
        let calls = program.run_count();
        if calls > 0 {
            let name = program.name_as_str().unwrap_or_default();
            let each = program.run_time().as_nanos() as f64 / calls as f64;
            println!(
                "{}",
                json!({"program": name, "calls": calls, "instructions": each})
            );
        }
    }
    Ok(())
}
