//! Where denials go besides the socket, and who may not read them.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent::{Agent, RECORD},
    command::{self, NOBODY},
    docker,
    host::Host,
    record::Record,
    stage::{Phase, Stage},
};

use crate::{status_tail::Tail, suite::Suite};

const FILE: &str = "/run/outputs-denials.json";
const JOURNALD: &str = "/usr/lib/systemd/systemd-journald";
const METRICS: &str = "127.0.0.1:9435";

pub(crate) fn register(suite: &mut Suite) {
    for (name, act) in [
        ("alone::denials_in_a_file", file as fn() -> Result<()>),
        ("alone::denials_in_the_journal", journal),
        ("alone::metrics_are_scraped", metrics),
        ("alone::tail_follows_over_agents", tail_follows),
        ("alone::users_read_no_denials", users),
    ] {
        suite.trial(Phase::Alone, name, move |_: &mut Host, _: &mut Stage| {
            let done = act();
            docker::remove("alone-")?;
            done
        });
    }
}

/// A container of this name asks for a directory of the host's, and is refused.
fn refuse(name: &str) -> Result<()> {
    let run = ["run", "--name", name, "--network", "none", "-v", "/etc:/x"];
    let outcome = docker::docker(&[&run[..], &[docker::ATTACKER, "true"]].concat())?;
    ensure!(outcome.status != 0, "SUCCEEDED: {outcome:?}");
    Ok(())
}

/// Waits until `read` says so.
fn until<T>(what: &str, mut read: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + RECORD;
    loop {
        if let Some(found) = read()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn in_file(path: &str, name: &str) -> Result<Option<Record>> {
    // It may not be there yet.
    let text = fs::read_to_string(path).unwrap_or_default();
    let records: Result<Vec<_>> = text.lines().map(Record::parse).collect();
    let is_it = |record: &Record| record.text("/container/name") == name;
    Ok(records?.into_iter().find(is_it))
}

fn file() -> Result<()> {
    let moved = format!("{FILE}.moved");
    // One may be left from a trial before.
    let _ = (fs::remove_file(FILE), fs::remove_file(&moved));
    std::os::unix::fs::symlink("/etc/passwd", FILE)?;
    let link = command::run(&["bulkhead", "run", "--export-file", FILE])?;
    ensure!(
        link.status == 1 && link.output.contains("symbolic link"),
        "{link:?}"
    );
    fs::remove_file(FILE)?;
    let agent = Agent::start_as("none", &["--export-file", FILE])?;
    refuse("alone-file-1")?;
    until("the first", || in_file(FILE, "alone-file-1"))?;
    let mode = fs::metadata(FILE)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "mode {mode:o}");
    fs::rename(FILE, &moved)?;
    refuse("alone-file-2")?;
    until("the second", || in_file(FILE, "alone-file-2"))?;
    ensure!(
        in_file(&moved, "alone-file-2")?.is_none(),
        "in the moved one"
    );
    ensure!(agent.now() == 0, "printed: {}", agent.printed());
    agent.stop()
}

/// journald without systemd, for as long as this is there.
struct Journald(Child);

impl Journald {
    fn start() -> Result<Self> {
        let id = Path::new("/etc/machine-id");
        if fs::read_to_string(id).unwrap_or_default().trim().len() != 32 {
            fs::write(id, "0123456789abcdef0123456789abcdef\n")?;
        }
        fs::create_dir_all("/run/systemd/journal")?;
        let mut command = Command::new(JOURNALD);
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
        let journald = Self(child.context(JOURNALD)?);
        until("journald's socket", || {
            Ok(Path::new("/run/systemd/journal/socket")
                .exists()
                .then_some(()))
        })?;
        Ok(journald)
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
        let _ = fs::remove_file("/run/systemd/journal/socket");
    }
}

fn in_journal(fields: &[&str]) -> Result<Option<Record>> {
    let ask = [
        "journalctl",
        "-t",
        "bulkhead",
        "-o",
        "json",
        "--no-pager",
        "-q",
    ];
    let found = command::run(&[&ask[..], fields].concat())?;
    found.output.lines().next().map(Record::parse).transpose()
}

/// With nobody there at first: then it is counted, and told once somebody is.
fn journal() -> Result<()> {
    let agent = Agent::start_as("journal", &[])?;
    refuse("alone-journal-1")?;
    agent.says(0, "counted meanwhile")?;
    let _journald = Journald::start()?;
    let lost = ["BULKHEAD_VERDICT=lost", "BULKHEAD_CAUSE=journal"];
    let lost = until("the loss", || in_journal(&lost))?;
    ensure!(lost.text("/BULKHEAD_COUNT") == "1", "{lost}");
    refuse("alone-journal-2")?;
    let found = until("the entry", || {
        in_journal(&["CONTAINER_NAME=alone-journal-2"])
    })?;
    for (field, wanted) in [
        ("/PRIORITY", "4"),
        ("/BULKHEAD_RULE", "host-path"),
        ("/IMAGE_NAME", docker::ATTACKER),
        ("/BULKHEAD_HOST_PATH", "/etc"),
        ("/_COMM", "bulkhead"),
    ] {
        ensure!(found.text(field) == wanted, "{field} of {found}");
    }
    ensure!(
        found.text("/MESSAGE").starts_with("DENIED  host-path"),
        "{found}"
    );
    ensure!(agent.now() == 0, "printed: {}", agent.printed());
    agent.stop()
}

fn scrape() -> Result<String> {
    let mut stream = TcpStream::connect(METRICS)?;
    stream.set_read_timeout(Some(RECORD))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn metrics() -> Result<()> {
    let public = ["bulkhead", "run", "--metrics", "0.0.0.0:9435"];
    let public = command::run(&public)?;
    ensure!(
        public.status != 0 && public.output.contains("--metrics-public"),
        "{public:?}"
    );
    let agent = Agent::start_as("none", &["--metrics", METRICS])?;
    refuse("alone-metrics")?;
    let line = r#"bulkhead_denials_total{rule="host-path",profile="baseline",verdict="denied"} 1"#;
    let answer = until("the denial", || {
        Ok(Some(scrape()?).filter(|answer| answer.contains(line)))
    })?;
    for part in [
        "HTTP/1.1 200 OK",
        r#"bulkhead_state{state="enforcing"} 1"#,
        r#"bulkhead_lost_denials_total{cause="ring"} 0"#,
        r#"bulkhead_hooks{state="failed"} 0"#,
    ] {
        ensure!(answer.contains(part), "no {part} in {answer}");
    }
    agent.stop()
}

/// The second agent ends well, the first does not.
fn tail_follows() -> Result<()> {
    let mut agent = Agent::start(&[])?;
    let tail = Tail::start(&["-n", "0"])?;
    for (turn, kill) in [(1, true), (2, false), (3, true)] {
        refuse(&format!("alone-tail-{turn}-a"))?;
        refuse(&format!("alone-tail-{turn}-b"))?;
        // Everything has arrived where the agent prints it.
        until("both", || Ok((agent.now() >= 2).then_some(())))?;
        if kill {
            agent.kill()?;
        } else {
            agent.stop()?;
        }
        agent = Agent::start(&[])?;
    }
    refuse("alone-tail-last")?;
    let last = |line: &str| line.contains("alone-tail-last").then_some(());
    tail.lines.wait_for(0, RECORD, last)?;
    let lines = tail.lines.since(0);
    let records: Result<Vec<_>> = lines.iter().map(|line| Record::parse(line)).collect();
    let numbers: Option<Vec<_>> = records?.iter().map(|r| r.number("/seq")).collect();
    let numbers = numbers.context("a line without a number")?;
    let first = numbers.first().copied().unwrap_or_default();
    let expected: Vec<_> = (first..first + 7).collect();
    ensure!(numbers == expected, "{numbers:?}");
    agent.stop()
}

/// Neither the socket, nor what is kept beside it, nor the export file, nor by becoming the agent.
fn users() -> Result<()> {
    // One may be left from a trial before.
    let _ = fs::remove_file(FILE);
    let agent = Agent::start_as("none", &["--export-file", FILE])?;
    refuse("alone-users")?;
    until("the denial", || in_file(FILE, "alone-users"))?;
    for argv in [
        &["bulkhead", "tail", "--no-follow"][..],
        &["bulkhead", "why", "alone-users"],
        &["bulkhead", "ps"],
        &["bulkhead", "reload"],
        &["bulkhead", "try", "--cancel"],
        &["cat", FILE],
        &["ls", "/run/bulkhead"],
        &["cat", "/run/bulkhead/history"],
        &["cat", "/run/bulkhead/taken"],
        &["sh", "-c", "ls -l /proc/$(pidof bulkhead)/fd/"],
    ] {
        let outcome = command::run(&[NOBODY, argv].concat())?;
        let told = outcome.output.to_ascii_lowercase();
        ensure!(
            outcome.status != 0 && told.contains("permission denied"),
            "{argv:?}: {outcome:?}"
        );
        ensure!(!outcome.output.contains("alone-users"), "{outcome:?}");
    }
    agent.stop()
}
