//! The agent ends, however it does: its programs do not, and the next agent takes them over.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
    process::Command,
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use bulkhead_tests::{
    agent::{self, Agent},
    command::{self, NOBODY},
    docker,
    host::Host,
    kernel,
    outcome::Outcome,
    record::Expected,
    resident::{ENOUGH, Resident},
    stage::{Phase, Stage},
};
use nix::errno::Errno;

use crate::{
    podman,
    status_tail::{Tail, says},
    suite::Suite,
};

const POLICY: &str = "/tmp/outliving.toml";
const NUMBERS: &str = "/run/bulkhead/numbers.json";
/// The agent of another layout.
const NEXT: &str = "/share/bulkhead-next";
const PINS: &str = "/sys/fs/bpf/bulkhead";
/// Neither may stay longer than the agents whose they are.
const OBJECTS: [(&str, i64); 3] = [("programs", 13), ("maps", 14), ("links", 30)];

pub(crate) fn register(suite: &mut Suite) {
    alone(suite, "programs_outlive_the_agent", outlived);
    suite.everywhere(1);
    alone(suite, "what_only_descent_tells_stays_known", by_descent);
    alone(suite, "another_layout_takes_over", another_layout);
    alone(suite, "unload_takes_everything_off", unloaded);
    alone(suite, "no_pin_ends_with_the_agent", not_pinned);
    alone(suite, "pins_of_others_are_reported", foreign);
    alone(suite, "agents_come_and_go_under_attack", || come_and_go(4));
    alone(suite, "a_hundred_agents_under_attack", || come_and_go(100));
    suite.is_load();
}

fn alone(suite: &mut Suite, name: &str, act: fn() -> Result<()>) {
    let name = format!("alone::pins::{name}");
    suite.trial(Phase::Alone, name, move |_: &mut Host, _: &mut Stage| {
        let done = act();
        docker::remove("alone-")?;
        done
    });
}

fn outlived() -> Result<()> {
    let mut resident = Resident::privileged("alone-outlived")?;
    let first = Agent::start(&[])?;
    let tail = Tail::start(&[])?;
    resident.is_refused("first")?;
    tail.shows("first")?;
    first.kill()?;

    says(1, "unattended")?;
    resident.is_refused("between")?;
    admission_is_refused("alone-etc")?;
    docker::must(&[
        "run",
        "-d",
        "--name",
        "alone-young",
        docker::ATTACKER,
        "sleep",
        "600",
    ])?;

    let second = Agent::start(&[])?;
    says(0, "enforcing")?;
    resident.is_refused("second")?;
    for (comm, container) in [("between", "alone-outlived"), ("second", "alone-outlived")] {
        let expected = Expected {
            container: Some(container),
            ..Expected::mount(comm)
        };
        second.denial(0, &expected)?;
        // The tail that lost the first agent has found the second.
        tail.shows(comm)?;
    }
    let running = command::must(&["bulkhead", "ps"])?;
    ensure!(running.contains("alone-young"), "{running}");
    second.leave()?;
    resident.is_refused("third")?;
    agent::unload()?;
    says(2, "off")?;
    resident.succeeds("unloaded")
}

/// No cgroup says whose it is: its label alone does, and that is in one of the maps.
fn by_descent() -> Result<()> {
    write_policy("")?;
    let start = || Agent::start(&["--policy", POLICY]);
    let first = start()?;
    let mut resident = descendant()?;
    resident.is_refused("first")?;
    is_by_descent(&first, "first")?;
    first.kill()?;
    // Another content under the same name has another number.
    write_policy("contain.allow = [\"mount\"]")?;
    let second = start()?;
    resident.is_refused("second")?;
    is_by_descent(&second, "second")?;
    second.kill()?;
    fs::write(NUMBERS, "not JSON")?;
    let third = start()?;
    resident.is_refused("third")?;
    third.stop()?;
    resident.succeeds("unloaded")
}

/// A newer version, and the older one again.
fn another_layout() -> Result<()> {
    write_policy("")?;
    let start = |program| Agent::start_program(program, "json", &["--policy", POLICY]);
    let mut resident = Resident::privileged("alone-layout")?;
    let mut unshared = Resident::privileged("alone-unshared")?;
    // It is in the host's pid namespace still, and that is not where its children would be.
    let reboot = ["as", "unshared", "unshare-pids", "once", ENOUGH, "reboot"];
    let mut failed = Resident::privileged("alone-failed")?;
    let fails = ["as", "failed", "after-failed-fork", "processes"];
    let mount = [&fails[..], &["once", ENOUGH, "mount-tmpfs", "/m/failed"]].concat();
    let first = start("bulkhead")?;
    let mut descendant = descendant()?;
    descendant.is_refused("first")?;
    first.kill()?;
    descendant.is_refused("unread")?;
    let mut before = layouts()?;
    for (program, comm) in [(NEXT, "next"), ("bulkhead", "back")] {
        let take_over = || under_attack(&mut resident, || start(program));
        let take_over = || unshared.meanwhile(&reboot, take_over);
        let (((agent, outcome), rebooted), mounted) = failed.meanwhile(&mount, take_over)?;
        for outcome in [outcome, rebooted, mounted] {
            ensure!(outcome.status == Errno::EPERM as i32, "{outcome:?}");
        }
        let now = layouts()?;
        ensure!(now.len() == 1 && now != before, "{before:?}, now {now:?}");
        before = now;
        descendant.is_refused(comm)?;
        is_by_descent(&agent, comm)?;
        if program == NEXT {
            is_by_descent(&agent, "unread")?;
        }
        agent.kill()?;
    }
    agent::unload()?;
    for (resident, act) in [(&mut unshared, &reboot[..]), (&mut failed, &mount)] {
        let ((), outcome) = resident.meanwhile(act, || Ok(()))?;
        ensure!(outcome.status == 0, "{outcome:?}");
    }
    descendant.succeeds("unloaded")
}

fn write_policy(more: &str) -> Result<()> {
    let own = "[[profile]]\nname = \"own\"\nextends = \"privileged\"\n";
    let assign = "[[assign]]\nruntime = \"crun\"\nprofile = \"own\"\n";
    fs::write(POLICY, format!("{own}{more}\n{assign}"))?;
    Ok(())
}

/// An actor in a container without a cgroup of its own.
fn descendant() -> Result<Resident> {
    podman::import()?;
    let mut command = Command::new("podman");
    command.args(["run", "-i", "--rm", "--network=none", "--privileged"]);
    command.args(["--cgroups=disabled", docker::ATTACKER, "/actor", "serve"]);
    Resident::start(command)
}

fn is_by_descent(agent: &Agent, comm: &str) -> Result<()> {
    let expected = Expected {
        profile: Some("own"),
        ..Expected::mount(comm)
    };
    let (_, record) = agent.denial(0, &expected)?;
    let is_so = record.to_string().contains("\"by_descent\":true");
    ensure!(is_so, "{record}");
    Ok(())
}

/// Names of the folders in the pins'.
fn layouts() -> Result<Vec<OsString>> {
    let names = fs::read_dir(PINS)?.map(|entry| Ok(entry?.file_name()));
    names.collect()
}

fn unloaded() -> Result<()> {
    let mut resident = Resident::privileged("alone-unload")?;
    let before = objects();
    let agent = Agent::start(&[])?;
    resident.is_refused("loaded")?;
    let said = command::must(&["bulkhead", "unload"])?;
    ensure!(said.contains("not contained any more"), "{said}");
    agent.ends()?;
    resident.succeeds("unloaded")?;
    gone(&before)?;
    Agent::start(&[])?.kill()?;
    resident.is_refused("again")?;
    agent::unload()?;
    resident.succeeds("after")?;
    gone(&before)?;
    let said = command::must(&["bulkhead", "unload"])?;
    ensure!(said.contains("nothing was loaded"), "{said}");
    let log = command::must(&["dmesg"])?;
    ensure!(log.contains("bulkhead: unload by pid"), "{log}");
    let outcome = command::run(&[NOBODY, &["bulkhead", "unload"]].concat())?;
    ensure!(outcome.status == 4, "{outcome:?}");
    Ok(())
}

fn not_pinned() -> Result<()> {
    let mut resident = Resident::privileged("alone-no-pin")?;
    let before = objects();
    let agent = Agent::start(&["--no-pin"])?;
    resident.is_refused("alive")?;
    agent.kill()?;
    resident.succeeds("killed")?;
    Agent::start(&[])?.kill()?;
    let agent = Agent::start(&["--no-pin"])?;
    resident.is_refused("taken-over")?;
    ensure!(!Path::new(PINS).exists(), "{PINS} is still there");
    agent.leave()?;
    resident.succeeds("stopped")?;
    gone(&before)
}

fn foreign() -> Result<()> {
    let refuses = |words: &str| {
        let outcome = command::run(&["bulkhead", "run"])?;
        let said = outcome.status == 4 && outcome.output.contains(words);
        ensure!(said, "no {words:?}: {outcome:?}");
        ensure!(outcome.output.contains("bulkhead unload"), "{outcome:?}");
        Ok(())
    };
    let make = |path: &str, mode| fs::DirBuilder::new().mode(mode).create(path);
    make(PINS, 0o755)?;
    refuses("others than root may enter it")?;
    fs::remove_dir(PINS)?;
    make(PINS, 0o700)?;
    make(&format!("{PINS}/mine"), 0o700)?;
    refuses("no layout has this name")?;
    agent::unload()?;

    let mut resident = Resident::privileged("alone-foreign")?;
    Agent::start(&[])?.kill()?;
    let layout = fs::read_dir(PINS)?.next().context("no layout")??.path();
    let (anchors, devices) = (layout.join("maps/ANCHORS"), layout.join("maps/DEVICES"));
    fs::rename(&devices, &anchors)?;
    refuses("ANCHORS is not Bulkhead's: type, key, value")?;
    fs::remove_file(&anchors)?;
    refuses("ANCHORS is not Bulkhead's: ")?;
    resident.is_refused("still")?;
    agent::unload()?;
    fs::set_permissions("/sys/fs/bpf", fs::Permissions::from_mode(0o700))?;
    resident.succeeds("unloaded")
}

/// One agent after the other, killed or ended, while a container tries again and again.
fn come_and_go(rounds: u32) -> Result<()> {
    let mut resident = Resident::privileged("alone-attacker")?;
    let mut agent = Agent::start(&[])?;
    let of_one = objects();
    for round in 0..rounds {
        let next = || {
            if round.is_multiple_of(2) {
                agent.kill()?;
            } else {
                agent.leave()?;
            }
            Agent::start(&[]).with_context(|| format!("round {round}"))
        };
        let (next, outcome) = under_attack(&mut resident, next)?;
        let is_refused = outcome.status == Errno::EPERM as i32;
        ensure!(is_refused, "round {round}: {outcome:?}");
        println!("round {round}: {}", outcome.output);
        agent = next;
        gone(&of_one).context("left by an agent")?;
    }
    agent.kill()?;
    resident.is_refused("still")?;
    agent::unload()?;
    resident.succeeds("unloaded")
}

/// Does something while a container tries again and again to mount.
fn under_attack<T>(
    resident: &mut Resident,
    act: impl FnOnce() -> Result<T>,
) -> Result<(T, Outcome)> {
    let attack = ["as", "again", "again-until", ENOUGH];
    resident.meanwhile(&[&attack[..], &["mount-tmpfs", "/m/again"]].concat(), act)
}

fn admission_is_refused(name: &str) -> Result<()> {
    let run = ["run", "--rm", "--name", name, "--network=none", "-v"];
    let run = [&run[..], &["/etc:/x", docker::ATTACKER, "true"]].concat();
    let outcome = docker::docker(&run)?;
    ensure!(outcome.status != 0, "{name} was let in: {outcome:?}");
    Ok(())
}

/// How many objects of each kind the kernel has.
fn objects() -> Vec<(&'static str, usize)> {
    let count = |(name, command): (&'static str, i64)| (name, kernel::bpf_count(command));
    OBJECTS.into_iter().map(count).collect()
}

/// The kernel frees them when it has time.
fn gone(before: &[(&'static str, usize)]) -> Result<()> {
    for _ in 0..300 {
        if objects() == before {
            return Ok(());
        }
        thread::sleep(std::time::Duration::from_millis(200));
    }
    bail!("before: {before:?}, now: {:?}", objects())
}
