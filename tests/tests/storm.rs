//! More denials than anybody can take: each is delivered or counted, and the sum is checked.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use bulkhead_tests::{
    agent::{Agent, write_policy},
    command, docker,
    host::{ANCHORED, Host},
    record::{Expected, Record},
    resident::Resident,
    stage::{POLICY, Phase, Stage},
};
use nix::sys::signal::Signal;

use crate::{status_tail::Tail, suite::Suite};

const SOME: u64 = 100_000;
const MILLION: u64 = 1_000_000;
/// Different acts of a storm: more than are folded at a time.
const KINDS: u64 = 5_000;
/// How long a stopped agent is stopped, at least.
const STOPPED: Duration = Duration::from_secs(10);
const FIVE_MINUTES: Duration = Duration::from_secs(300);
/// How long what is in queues may take.
const SETTLED: Duration = Duration::from_secs(120);
/// How often the quiet container tries to be heard.
const TRIES: u64 = 30;
/// A disk that is soon full, with what fills it.
const DISK: &str = "/tmp/small";
const FILE: &str = "/tmp/small/denials.json";

pub(crate) fn register(suite: &mut Suite) {
    let storm = |count, stopped| move |_: &mut Host, _: &mut Stage| storm(count, stopped);
    suite.trial(
        Phase::Alone,
        "alone::storm_of_a_hundred_thousand",
        storm(SOME, STOPPED),
    );
    suite.takes_long(1);
    suite.trial(
        Phase::Alone,
        "alone::storm_of_a_million",
        storm(MILLION, FIVE_MINUTES),
    );
    suite.is_load();
}

/// Two containers, an agent that is stopped for a while, a reader that sleeps meanwhile, a disk that is
/// full.
struct Scene {
    agent: Agent,
    tail: Tail,
    noisy: Resident,
    quiet: Resident,
    quiet_acts: u64,
    /// Lines that each had before it began: standard output, tail and file.
    from: [usize; 3],
}

impl Scene {
    fn begin() -> Result<Self> {
        fs::create_dir_all(DISK)?;
        command::must(&["mount", "-t", "tmpfs", "-o", "size=64k", "small", DISK])?;
        let noisy = Resident::privileged("alone-noisy")?;
        let quiet = Resident::privileged("alone-quiet")?;
        write_policy(Path::new(POLICY), "enforce", ANCHORED)?;
        let agent = Agent::start(&["--policy", POLICY, "--export-file", FILE])?;
        let tail = Tail::start(&["-n", "0"])?;
        let mut scene = Self {
            agent,
            tail,
            noisy,
            quiet,
            quiet_acts: 0,
            from: [0; 3],
        };
        scene.everybody_listens()?;
        Ok(scene)
    }

    /// Has something refused until all have it, and begins to count from there.
    fn everybody_listens(&mut self) -> Result<()> {
        for turn in 1..=TRIES {
            let name = format!("before-{turn}");
            self.quiet.is_refused(&name)?;
            thread::sleep(Duration::from_secs(2));
            let follows = self.tail.lines.since(0).iter().any(|l| l.contains(&name));
            let kept = fs::read_to_string(FILE)?;
            if follows && kept.contains(&name) && heard(&self.agent, &name)? {
                let tail = self.tail.lines.count();
                self.from = [self.agent.now(), tail, kept.lines().count()];
                return Ok(());
            }
        }
        bail!("nobody listens")
    }

    fn end(self) -> Result<()> {
        let Self {
            agent,
            tail,
            noisy,
            quiet,
            ..
        } = self;
        drop((tail, noisy, quiet));
        agent.stop()?;
        command::must(&["umount", DISK])?;
        docker::remove("alone-")
    }

    /// The quiet container is refused something again and again until that arrives: what comes while
    /// the kernel's ring is full is only counted.
    fn quiet_is_heard(&mut self, when: &str) -> Result<()> {
        let begin = Instant::now();
        for turn in 1..=TRIES {
            let name = format!("{when}-{turn}");
            self.quiet.is_refused(&name)?;
            self.quiet_acts += 1;
            let patience = Instant::now() + Duration::from_secs(2);
            while Instant::now() < patience {
                if heard(&self.agent, &name)? {
                    let took = begin.elapsed().as_millis();
                    println!(
                        "storm: {when}: another container was heard after {took} ms, {turn} tries"
                    );
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        bail!("{when}: another container is not heard")
    }
}

fn heard(agent: &Agent, name: &str) -> Result<bool> {
    let expected = Expected {
        container: Some("alone-quiet"),
        ..Expected::mount(name)
    };
    let printed = agent.records(0, agent.now())?;
    Ok(printed.iter().any(|record| expected.matches(record)))
}

fn storm(count: u64, stopped: Duration) -> Result<()> {
    let mut scene = Scene::begin()?;
    scene.tail.signal(Signal::SIGSTOP)?;
    let folded = while_stopped(&mut scene, (count / 2, 1), stopped)?;
    scene.quiet_is_heard("stopped")?;
    let varied = while_running(&mut scene, (count - count / 2, KINDS))?;
    scene.quiet_is_heard("after")?;
    ensure!(folded + varied == count, "{folded} + {varied} of {count}");
    let expected = count + scene.quiet_acts;

    let [stdout, tail, file] = scene.from;
    let printed = || scene.agent.records(stdout, scene.agent.now());
    add_up("standard output", expected, printed)?;
    scene.tail.signal(Signal::SIGCONT)?;
    let followed = || records(scene.tail.lines.since(tail).iter().map(String::as_str));
    add_up("tail", expected, followed)?;

    let kept = || records(fs::read_to_string(FILE)?.lines().skip(file));
    ensure!(sum(&kept()?) < expected, "the disk was not full");
    command::must(&["mount", "-o", "remount,size=64m", DISK])?;
    add_up("export", expected, kept)?;
    let lost = kept()?;
    let lost = lost.iter().find(|line| line.text("/cause") == "export");
    println!(
        "storm: export {}",
        lost.context("no loss of the export file")?
    );
    let status = command::must(&["bulkhead", "status", "-o", "json"])?;
    println!("storm: counters {}", counters(&status)?);
    scene.end()
}

fn while_stopped(scene: &mut Scene, storm: (u64, u64), stopped: Duration) -> Result<u64> {
    scene.agent.signal(Signal::SIGSTOP)?;
    let begin = Instant::now();
    let refused = blow(&mut scene.noisy, storm)?;
    thread::sleep(stopped.saturating_sub(begin.elapsed()));
    scene.agent.signal(Signal::SIGCONT)?;
    Ok(refused)
}

/// The quiet one does its acts meanwhile.
fn while_running(scene: &mut Scene, storm: (u64, u64)) -> Result<u64> {
    let Scene { noisy, quiet, .. } = scene;
    let mut names = Vec::new();
    let refused = thread::scope(|scope| {
        let storm = scope.spawn(|| blow(noisy, storm));
        while !storm.is_finished() {
            let name = format!("during-{}", names.len());
            quiet.is_refused(&name)?;
            names.push(name);
            thread::sleep(Duration::from_millis(500));
        }
        storm.join().map_err(|_| anyhow!("the storm panicked"))?
    })?;
    scene.quiet_acts += names.len() as u64;
    thread::sleep(Duration::from_secs(2));
    let mut arrived = 0;
    for name in &names {
        arrived += usize::from(heard(&scene.agent, name)?);
    }
    let all = names.len();
    println!("storm: {arrived} of {all} of another container's arrived meanwhile");
    ensure!(arrived == all, "{} were hidden", all - arrived);
    Ok(refused)
}

/// The noisy container does so many refused acts of so many kinds. Gives how many were refused.
fn blow(noisy: &mut Resident, (count, kinds): (u64, u64)) -> Result<u64> {
    let argv = [
        "as",
        "noisy",
        "storm",
        &count.to_string(),
        &kinds.to_string(),
    ]
    .map(String::from);
    let outcome = noisy.perform(&argv)?;
    let mut words = outcome.output.split(' ');
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
    let numbers = number().zip(number());
    let (refused, took) = numbers.with_context(|| format!("{outcome:?}"))?;
    let rate = refused * 1_000 / took.max(1);
    println!("storm: {refused} refused in {took} ms, {rate} a second, {kinds} kinds");
    Ok(refused)
}

/// Waits until what is delivered and what is said to be lost are all there is.
fn add_up(who: &str, expected: u64, read: impl Fn() -> Result<Vec<Record>>) -> Result<()> {
    let deadline = Instant::now() + SETTLED;
    loop {
        let lines = read()?;
        let found = sum(&lines);
        if found == expected {
            println!("storm: {who}: {} lines, {}", lines.len(), by_cause(&lines));
            return Ok(());
        }
        let late = found > expected || Instant::now() > deadline;
        ensure!(
            !late,
            "{who}: {found} of {expected}: {}, {}",
            lines.len(),
            by_cause(&lines)
        );
        thread::sleep(Duration::from_millis(500));
    }
}

fn sum(lines: &[Record]) -> u64 {
    lines.iter().map(Record::denials).sum()
}

fn by_cause(lines: &[Record]) -> String {
    let mut by = std::collections::BTreeMap::<&str, u64>::new();
    for line in lines {
        let what = match line.text("/cause") {
            cause if line.text("/rule") == "lost" => cause,
            _ if line.number("/repeated").is_some() => "repeated",
            _ => "delivered",
        };
        *by.entry(what).or_default() += line.denials();
    }
    format!("{by:?}")
}

fn records<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Record>> {
    lines.map(Record::parse).collect()
}

fn counters(status: &str) -> Result<String> {
    let status: serde_json::Value = serde_json::from_str(status)?;
    Ok(status["counters"].to_string())
}
