//! `bulkhead learn`: what a policy would have to say for what happens now.

use std::{
    fs::File,
    io::{self, ErrorKind, Write, stdout},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::{
    cli,
    denials::{Line, clock},
    exit::Exit,
    learn::{Known, Learner, OnDisk, Proposal},
    output::escape,
    policy::{self, Mode, Policy},
    socket::{
        Applied, Filter, Hello, Position, Request, SocketError, Tail,
        client::{Client, LONG},
    },
    status::Snapshot,
};

/// Lines that wait while one is looked at; the agent counts what is too much.
const QUEUE: usize = 256;
/// Seconds.
const MARGIN: i64 = 60;
/// Between two tries to reach the agent.
const RETRY: Duration = Duration::from_millis(500);
const REFUSED: &str = "a refused program does not go on, so more may come once this is let in; \
    `--audit` or `bulkhead run --audit` shows all at once";

pub fn learn(args: &cli::Learn, run_dir: &Path) -> anyhow::Result<Exit> {
    let status: Snapshot = Client::ask(run_dir, &Request::Status)?.answer()?;
    let mut file = args.write.as_deref().map(create).transpose()?;
    let host = OnDisk(PathBuf::from("/"));
    let known = known(&status);
    let mut learner = Learner::new(&known, &host);
    let mut mode = status.mode;
    if args.audit {
        mode = Mode::Audit;
        audit(args.time, run_dir)?;
    } else if mode == Mode::Enforce {
        eprintln!("bulkhead: the agent enforces: {REFUSED}");
    }
    eprintln!(
        "bulkhead: learning for {:#}, Ctrl-C ends it early",
        args.time
    );
    let lines = follow(run_dir.to_owned(), tail(args.since));
    let failure = collect(&mut learner, lines, args.time)?;
    if args.audit {
        enforce(run_dir);
    }
    if mode != Mode::Enforce && learner.denied() > 0 {
        eprintln!("bulkhead: {} were refused: {REFUSED}", learner.denied());
    }
    let proposal = learner.propose();
    match file.as_mut() {
        Some(file) => save(file, args, &proposal)?,
        None => print(&proposal)?,
    }
    // What was seen until then is worth having.
    match failure {
        Some(e) => Err(e.into()),
        None => Ok(Exit::Fine),
    }
}

/// For a little longer than that, so that it does not end before.
fn audit(time: SignedDuration, run_dir: &Path) -> anyhow::Result<()> {
    let seconds = time.as_secs().saturating_add(MARGIN).unsigned_abs();
    let mut told = Client::ask(run_dir, &Request::Audit { seconds })?;
    let told: Applied = told.answer_within(LONG)?;
    eprintln!("bulkhead: {}, until this ends", told.summary);
    Ok(())
}

/// The agent does it by itself if nobody can tell it.
fn enforce(run_dir: &Path) {
    let told = Client::ask(run_dir, &Request::Cancel)
        .and_then(|mut client| client.answer_within::<Applied>(LONG));
    match told {
        Ok(told) => eprintln!("bulkhead: {}", told.summary),
        Err(e) => {
            let e = anyhow::Error::new(e);
            eprintln!("bulkhead: the agent goes back {MARGIN} seconds later: {e:#}");
        }
    }
}

/// Before an hour of learning, and nothing that is there is lost.
fn create(path: &Path) -> anyhow::Result<File> {
    File::create_new(path).with_context(|| format!("cannot make {}", path.display()))
}

/// The policy that is in force, as far as it can be read here.
fn known(status: &Snapshot) -> Known {
    let built_in = Policy::default();
    let Some(file) = &status.policy else {
        return Known::of(&built_in);
    };
    // As the agent was told, which may have been relative.
    let file = PathBuf::from(format!("/proc/{}/cwd", status.pid)).join(file);
    match policy::load(Some(&file), Path::new("/")) {
        Ok(policy) => Known::of(&policy),
        Err(e) => {
            let e = anyhow::Error::new(e);
            eprintln!("bulkhead: what the policy allows already is not known: {e:#}");
            Known {
                default: None,
                ..Known::of(&built_in)
            }
        }
    }
}

fn tail(since: Option<SignedDuration>) -> Tail {
    let start = Timestamp::now();
    let since = since.and_then(|span| start.checked_sub(span).ok());
    Tail {
        filter: Filter {
            since: Some(clock::format(since.unwrap_or(start))),
            ..Filter::default()
        },
        follow: true,
        ..Tail::default()
    }
}

type Lines = mpsc::Receiver<Result<Line, SocketError>>;

/// Reads in a thread of its own, which waits for nothing but the agent, and is left alone at the end.
fn follow(run_dir: PathBuf, mut request: Tail) -> Lines {
    let (queue, lines) = mpsc::channel(QUEUE);
    thread::spawn(move || {
        let mut quiet = false;
        loop {
            match session(&run_dir, &mut request, &queue) {
                Ok(()) | Err(SocketError::NoAgent | SocketError::Talk(_) | SocketError::Silent) => {
                    if !std::mem::replace(&mut quiet, true) {
                        eprintln!("bulkhead: the agent has ended, waiting for one");
                    }
                }
                // Nobody is there to hear it if this fails.
                Err(e) => return drop(queue.blocking_send(Err(e))),
            }
            if queue.is_closed() {
                return;
            }
            thread::sleep(RETRY);
        }
    });
    lines
}

/// Until the agent ends, or nobody wants more; the next one goes on after the last line.
fn session(
    run_dir: &Path,
    request: &mut Tail,
    queue: &mpsc::Sender<Result<Line, SocketError>>,
) -> Result<(), SocketError> {
    let mut client = Client::ask(run_dir, &Request::Tail(request.clone()))?;
    let hello: Hello = client.answer()?;
    let agent = hello.position.agent;
    while let Some(text) = client.line()? {
        let line: Line = serde_json::from_str(&text).map_err(SocketError::Answer)?;
        if let Some(seq) = line.seq() {
            let agent = agent.clone();
            request.after = Some(Position { agent, seq });
        }
        if queue.blocking_send(Ok(line)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Until the time is over, or somebody ends it, or nothing more can be read.
fn collect(
    learner: &mut Learner<'_>,
    mut lines: Lines,
    time: SignedDuration,
) -> anyhow::Result<Option<SocketError>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut end = signal(SignalKind::terminate())?;
        let over = tokio::time::sleep(time.unsigned_abs());
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                () = &mut over => return Ok(None),
                _ = end.recv() => return Ok(None),
                _ = interrupt.recv() => return Ok(None),
                line = lines.recv() => match line {
                    Some(Ok(line)) => learner.add(&line),
                    Some(Err(e)) => return Ok(Some(e)),
                    None => return Ok(None),
                },
            }
        }
    })
}

fn print(proposal: &Proposal) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    let written = write!(out, "{proposal}").and_then(|()| out.flush());
    match written {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}

/// What was learned is not thrown away because a disk is full.
fn save(file: &mut File, args: &cli::Learn, proposal: &Proposal) -> anyhow::Result<()> {
    let path = args.write.as_deref().unwrap_or(Path::new(""));
    let written: io::Result<()> = write!(file, "{proposal}").and_then(|()| file.sync_all());
    if let Err(e) = written {
        print(proposal)?;
        return Err(e).with_context(|| format!("cannot write {}", path.display()));
    }
    let path = escape(&path.display().to_string());
    eprintln!("bulkhead: wrote {path}: read it before you use it");
    Ok(())
}
