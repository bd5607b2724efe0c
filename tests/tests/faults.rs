//! What goes wrong around the agent, and what is too much: it may be slow then, not wrong.

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use bulkhead_tests::{
    agent::{self, Agent},
    bundle::Bundle,
    command, docker,
    host::{ANCHORED, Host},
    record::{Expected, Record},
    resident::Resident,
    stage::{Phase, Stage},
};
use serde_json::Value;

use crate::suite::Suite;

const POLICY: &str = "/tmp/faults.toml";
const MEMORY: &str = "/sys/fs/cgroup/faults-memory";
/// Starts an agent in [`MEMORY`].
const IN_CGROUP: &str = "/tmp/in-cgroup";
const CGROUPS: &str = "/sys/fs/cgroup/faults";
/// Less than any agent needs.
const SMALL: &str = "2M";

pub(crate) fn register(suite: &mut Suite) {
    alone(suite, "state_that_is_corrupted", |_| corrupted());
    alone(suite, "an_agent_out_of_memory", |_| out_of_memory());
    alone(suite, "a_clock_that_jumps", |_| clock());
    alone(suite, "a_fork_bomb", |_| fork_bomb());
    alone(suite, "paths_nobody_expects", paths);
    alone(suite, "pids_used_again", |_| pids());
    alone(suite, "some_cgroups", |_| cgroups(500));
    alone(suite, "some_containers_in_turn", |host| in_turn(host, 20));
    for (name, act) in [
        (
            "ten_thousand_cgroups",
            (|_| cgroups(10_000)) as fn(&Host) -> Result<()>,
        ),
        ("two_thousand_containers_in_turn", |host| {
            in_turn(host, 2_000)
        }),
        ("five_thousand_mounts", five_thousand_mounts),
    ] {
        alone(suite, name, act);
        suite.is_load();
    }
}

pub(crate) fn alone(suite: &mut Suite, name: &str, act: fn(&Host) -> Result<()>) {
    let name = format!("alone::faults::{name}");
    suite.trial(Phase::Alone, name, move |host: &mut Host, _: &mut Stage| {
        let done = act(host);
        agent::unload()?;
        docker::remove("alone-")?;
        done
    });
}

/// Whatever is in its folder, it starts and protects; and what it forgets it says.
fn corrupted() -> Result<()> {
    let mut resident = Resident::privileged("alone-corrupted")?;
    Agent::start(&[])?.kill()?;
    let folder = fs::read_dir("/run/bulkhead")?;
    let files = folder.map(|entry| Ok(entry?.path()));
    let files: Vec<PathBuf> = files.collect::<Result<_>>()?;
    let is_plain = |path: &&PathBuf| path.is_file() && !path.ends_with("lock");
    let plain: Vec<_> = files.iter().filter(is_plain).collect();
    ensure!(plain.len() >= 2, "{files:?}");
    for garbage in [&b""[..], b"\0\xff\n{\"v\":1", &[b'x'; 100_000]] {
        for path in &plain {
            fs::write(path, garbage)?;
        }
        let agent = Agent::start(&[])?;
        resident.is_refused("corrupted")?;
        let said = agent.said();
        ensure!(said.contains("numbers.json"), "nothing said: {said}");
        agent.kill()?;
    }
    Ok(())
}

/// The kernel kills it; its programs go on, and so does the next.
fn out_of_memory() -> Result<()> {
    let mut resident = Resident::privileged("alone-memory")?;
    let cgroup = Path::new(MEMORY);
    fs::create_dir_all(cgroup)?;
    fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+memory")?;
    fs::write(cgroup.join("memory.swap.max"), "0").or_else(not_there)?;
    // What a process had before it came is not counted.
    let script = format!("#!/bin/sh\necho $$ > {MEMORY}/cgroup.procs\nexec bulkhead \"$@\"\n");
    fs::write(IN_CGROUP, script)?;
    fs::set_permissions(IN_CGROUP, fs::Permissions::from_mode(0o755))?;
    let agent = Agent::start_program(IN_CGROUP, "json", &[])?;
    fs::write(cgroup.join("memory.max"), SMALL)?;
    let since = Instant::now();
    while Path::new(&format!("/proc/{}/exe", agent.pid())).exists() {
        resident.is_refused("starving")?;
        command::run(&["bulkhead", "tail", "-n", "all", "--no-follow"])?;
        ensure!(since.elapsed().as_secs() < 60, "it lives on {SMALL}");
    }
    agent.kill()?;
    let events = fs::read_to_string(cgroup.join("memory.events"))?;
    ensure!(!events.contains("oom_kill 0\n"), "{events}");
    fs::remove_dir(cgroup)?;
    resident.is_refused("orphaned")?;
    let next = Agent::start(&[])?;
    denied(&next, "orphaned")?;
    next.stop()
}

/// A kernel without swap accounting has no such file.
fn not_there(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

/// Forwards and back again: times are those of the clock, and repeats are still folded.
fn clock() -> Result<()> {
    let mut resident = Resident::privileged("alone-clock")?;
    let agent = Agent::start(&[])?;
    resident.is_refused("now")?;
    let now = time(&denied(&agent, "now")?)?;
    for (jump, comm) in [("+1 day", "later"), ("-2 days", "earlier")] {
        command::must(&["date", "-s", jump])?;
        // The clock is read once a second.
        thread::sleep(Duration::from_secs(3));
        resident.is_refused(comm)?;
        let then = time(&denied(&agent, comm)?)?;
        ensure!((jump == "+1 day") == (then > now), "{now}, {jump}: {then}");
    }
    command::must(&["date", "-s", "+1 day"])?;
    agent.stop()
}

fn time(record: &Record) -> Result<String> {
    let time = record.text("/time");
    ensure!(!time.is_empty(), "no time: {record}");
    Ok(time.to_owned())
}

/// Processes without end, in a container with a limit. Nobody else notices.
fn fork_bomb() -> Result<()> {
    let mut resident = Resident::privileged("alone-neighbour")?;
    let agent = Agent::start(&[])?;
    let name = ["--name", "alone-bomb"];
    let run = [&["run", "-d"], &name[..], &["--pids-limit=300"]].concat();
    let bomb = "b() { b | b & }; b; while :; do b; sleep 1; done";
    docker::must(&[&run[..], &[docker::ATTACKER, "sh", "-c", bomb]].concat())?;
    for number in 0..5 {
        let comm = format!("beside-{number}");
        resident.is_refused(&comm)?;
        denied(&agent, &comm)?;
        command::must(&["bulkhead", "status"])?;
    }
    docker::must(&["kill", "alone-bomb"])?;
    agent.stop()
}

/// 250 levels, 4,000 characters, line feeds and escape sequences.
fn paths(host: &Host) -> Result<()> {
    let agent = with_bundles()?;
    let level = "\u{1b}[31m\n\t\"\\x";
    let mut deep = PathBuf::from("/srv/faults");
    for number in 0..250 {
        deep.push(format!("{level}{number:04}"));
    }
    let length = deep.as_os_str().as_bytes().len();
    ensure!((3_400..4_090).contains(&length), "{length}");
    fs::create_dir_all(&deep)?;
    let path = deep.to_str().context("no text")?;
    let bundle = Bundle::make(
        &host.actor,
        &format!("{ANCHORED}/faults"),
        &["/actor", "read", "/x"],
    )?;
    let bundle = bundle.mount("bind", path, "/x")?;
    let outcome = bundle.run("crun", "faults-deep")?;
    ensure!(outcome.status != 0, "it was let in: {outcome:?}");
    let expected = Expected {
        verdict: "denied",
        rules: &["host-path"],
        ..Expected::default()
    };
    let (_, record) = agent.denial(0, &expected)?;
    let shown = record.text("/target/host_path");
    ensure!(shown.starts_with("…/"), "{record}");
    ensure!(shown.ends_with("0249"), "{record}");
    for form in ["json", "compact", "wide"] {
        let last = ["bulkhead", "tail", "-n", "1", "--no-follow", "-o", form];
        let tail = command::must(&last)?;
        let is_harmless = |c: char| c == '\n' || !c.is_control();
        ensure!(tail.chars().all(is_harmless), "{tail:?}");
        ensure!(tail.lines().count() == 1, "{tail:?}");
    }
    agent.stop()?;
    fs::remove_dir_all("/srv/faults")?;
    Ok(())
}

/// A host's process with the pid of a container's, and the other way round.
fn pids() -> Result<()> {
    let mut resident = Resident::privileged("alone-pids")?;
    let agent = Agent::start(&[])?;
    let mut contained = |comm: &str| {
        resident.is_refused(comm)?;
        let pid = denied(&agent, comm)?.number("/process/pid");
        pid.context("no pid")
    };
    let next = |pid: u64| fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string());
    let (mut to_host, mut to_container) = (false, false);
    // Others start processes too.
    for turn in 0..50 {
        let pid = contained(&format!("first-{turn}"))?;
        // One of them is `timeout`.
        next(pid - 1)?;
        let mount = "echo $$ && exec unshare -m mount -t tmpfs none /mnt";
        let of_host = command::must(&["sh", "-c", mount])?.parse()?;
        to_host |= pid == of_host;
        next(of_host)?;
        to_container |= contained(&format!("second-{turn}"))? == of_host;
        if to_host && to_container {
            return agent.stop();
        }
    }
    bail!("no pid was used again: host {to_host}, container {to_container}")
}

/// Every one is known, and forgotten when it is gone.
fn cgroups(count: u64) -> Result<()> {
    let agent = Agent::start(&[])?;
    let before = containers()?;
    let known = many(&agent, count, before);
    for number in 0..count {
        let (cgroup, state) = of(number);
        // What was not made is not there.
        let _ = (fs::remove_dir(cgroup), fs::remove_dir_all(state));
    }
    known?;
    fs::remove_dir(CGROUPS)?;
    until(|| Ok(containers()? == before))?;
    println!("all gone: agent has {} KiB", memory(&agent)?);
    agent.stop()
}

fn many(agent: &Agent, count: u64, before: u64) -> Result<()> {
    fs::create_dir_all(CGROUPS)?;
    let since = Instant::now();
    for number in 0..count {
        let (cgroup, state) = of(number);
        fs::create_dir_all(&state)?;
        let config = format!(r#"{{"Name":"/faults-{number}","Config":{{"Image":"faults"}}}}"#);
        fs::write(state.join("config.v2.json"), config)?;
        fs::create_dir(cgroup)?;
    }
    let made = since.elapsed();
    until(|| Ok(containers()? == before + count))?;
    let last = format!("faults-{} ", count - 1);
    let since = Instant::now();
    let listed = command::must(&["bulkhead", "ps"])?;
    let took = since.elapsed();
    let all = listed.matches("faults-").count() as u64;
    ensure!(all == count, "{all} of {count}: {listed}");
    ensure!(listed.contains(&last), "no {last}: {listed}");
    let full = memory(agent)?;
    println!("{count} cgroups: made in {made:?}, listed in {took:?}, agent has {full} KiB");
    Ok(())
}

/// The cgroup of a container, and what Docker would know of it.
fn of(number: u64) -> (PathBuf, PathBuf) {
    let id = format!("{number:064x}");
    let cgroup = format!("{CGROUPS}/docker-{id}.scope");
    let state = format!("/var/lib/docker/containers/{id}");
    (cgroup.into(), state.into())
}

/// One after the other: what the kernel and the agent have is what they had.
fn in_turn(host: &Host, count: u32) -> Result<()> {
    let agent = with_bundles()?;
    let bundle = Bundle::make(
        &host.actor,
        &format!("{ANCHORED}/faults"),
        &["/bin/echo", "hello"],
    )?;
    let run = |number: u32| {
        let outcome = bundle.run("crun", &format!("faults-{number}"))?;
        ensure!(outcome.worked(Some("hello")), "{outcome:?}");
        Ok(())
    };
    // Caches are filled by then.
    for number in 0..10 {
        run(number)?;
    }
    let (before, known) = (memory(&agent)?, containers()?);
    let since = Instant::now();
    for number in 10..count {
        run(number)?;
    }
    until(|| Ok(containers()? == known))?;
    let after = memory(&agent)?;
    println!(
        "{count} containers in {:?}: agent had {before} KiB, has {after} KiB",
        since.elapsed()
    );
    ensure!(after < before + 8 * 1024, "{before} KiB, then {after} KiB");
    agent.stop()
}

/// Admission looks at each of them.
fn five_thousand_mounts(host: &Host) -> Result<()> {
    const MOUNTS: usize = 5_000;
    let agent = with_bundles()?;
    let mut bundle = Bundle::make(
        &host.actor,
        &format!("{ANCHORED}/faults"),
        &["/bin/echo", "hello"],
    )?;
    for number in 0..MOUNTS {
        bundle = bundle.mount("tmpfs", "tmpfs", &format!("/many/{number}"))?;
    }
    let since = Instant::now();
    let outcome = bundle.run("crun", "faults-mounts")?;
    println!("{MOUNTS} mounts: {:?}, {outcome:?}", since.elapsed());
    let bundle = bundle.mount("bind", "/etc", "/last")?;
    let seen = agent.now();
    let refused = bundle.run("crun", "faults-last")?;
    ensure!(outcome.worked(Some("hello")), "{outcome:?}");
    ensure!(refused.status != 0, "it was let in: {refused:?}");
    let expected = Expected {
        verdict: "denied",
        rules: &["host-path"],
        host_path: Some("/etc"),
        ..Expected::default()
    };
    agent.denial(seen, &expected)?;
    agent.stop()
}

/// An agent that lets bundles in, and of the host their root.
pub(crate) fn with_bundles() -> Result<Agent> {
    agent::write_policy(Path::new(POLICY), "enforce", ANCHORED)?;
    Agent::start(&["--policy", POLICY])
}

fn denied(agent: &Agent, comm: &str) -> Result<Record> {
    let denial = agent.denial(0, &Expected::mount(comm));
    denial.map(|(_, record)| record)
}

fn containers() -> Result<u64> {
    let status = command::must(&["bulkhead", "status", "-o", "json"])?;
    let status: Value = serde_json::from_str(&status)?;
    status["counters"]["containers"]
        .as_u64()
        .context("no number of containers")
}

/// KiB that it has in memory.
fn memory(agent: &Agent) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", agent.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.context("no VmRSS")?.parse().context("VmRSS")
}

fn until(is_so: impl Fn() -> Result<bool>) -> Result<()> {
    for _ in 0..120 {
        if is_so()? {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(500));
    }
    bail!("it is not so after a minute")
}
