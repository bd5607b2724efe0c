//! The running agent: one loop over everything that can happen.

mod budget;
mod existing;
mod kernel;
mod known;
mod measure;
mod policy;
mod ps;
mod records;
mod report;
mod trial;
mod upkeep;

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, bail};
use budget::Budget;
use jiff::Timestamp;
use tokio::{sync::mpsc, task::JoinSet};

pub use kernel::Kernel;
pub use policy::{Origin, Read, Reload};
pub use trial::LONGEST;

use crate::{
    anchors::Table,
    containers::Containers,
    denials::{Line, clock::Clock, decode::Decoder},
    devices::Devices,
    events::Event,
    metrics::Kind,
    policy::Numbered,
    probe::Batch,
    socket::{Answer, Feed, Filter, Hub, Memory, Past, READER, Reply},
    status::{Counters, Hook},
    watchdog::Watchdog,
};

/// What the agent starts with.
pub struct Start {
    /// The host's root folder.
    pub root: PathBuf,
    pub policy: Numbered,
    pub anchors: Table,
    pub devices: Devices,
    /// Where it writes down what the next agent must know.
    pub run_dir: PathBuf,
    pub reload: Reload,
    /// The file that it reads, whether it is there or not.
    pub home: PathBuf,
    /// What an agent before this one left.
    pub past: (Memory, Past),
    pub watchdog: Watchdog,
}

pub struct Agent<K> {
    kernel: K,
    root: PathBuf,
    run_dir: PathBuf,
    reload: Reload,
    home: PathBuf,
    watchdog: Watchdog,
    policy: Numbered,
    /// Grows with every policy, so that an answer about an older one is known as such.
    policy_version: u64,
    jobs: policy::Jobs,
    trial: Option<trial::Trial>,
    anchors: Table,
    anchors_due: upkeep::Due,
    /// Those the probe has; `None` after a failure that was said.
    devices: Option<Devices>,
    hooks: Vec<Hook>,
    containers: Containers,
    decoder: Decoder,
    budget: Budget,
    held: Vec<records::Held>,
    counters: Counters,
    /// Since the start.
    denials: BTreeMap<Kind, u64>,
    known: known::Known,
    ring_lost: u64,
    hub: Hub,
    started: (Timestamp, Instant),
    /// Short tasks, each of which ends with one event.
    short: JoinSet<Event>,
}

impl<K: Kernel> Agent<K> {
    pub fn new(start: Start, kernel: K) -> Self {
        let node = read_line(&start.root, "proc/sys/kernel/hostname");
        let started = (Timestamp::now(), Instant::now());
        let (ring_lost, in_hand) = (start.past.1.count.ring, start.past.1.in_hand);
        let mut agent = Self {
            hooks: kernel.hooks(),
            kernel,
            containers: Containers::new(&start.root),
            root: start.root,
            run_dir: start.run_dir,
            reload: start.reload,
            home: start.home,
            watchdog: start.watchdog,
            policy: start.policy,
            policy_version: 0,
            jobs: policy::Jobs::default(),
            trial: None,
            anchors: start.anchors,
            anchors_due: upkeep::Due::default(),
            devices: Some(start.devices),
            decoder: Decoder {
                node: node.clone(),
                clock: Clock::read(),
            },
            budget: Budget::default(),
            held: Vec::new(),
            counters: Counters {
                lost: BTreeMap::new(),
                ..Counters::default()
            },
            denials: BTreeMap::new(),
            known: known::Known::default(),
            ring_lost,
            hub: Hub::new(node, start.past),
            started,
            short: JoinSet::new(),
        };
        agent.take_over(in_hand);
        agent
    }

    /// Everything that is printed.
    pub fn follow(&mut self) -> mpsc::Receiver<Arc<Line>> {
        self.hub.follow(Filter::default(), READER)
    }

    /// Everything, for an output of this name.
    pub fn feed(&mut self, output: &'static str) -> Feed {
        self.hub.feed(output)
    }

    /// Runs until it is told to stop, or one of `tasks` ends. However many records wait, what somebody
    /// asks meanwhile is answered after the next few.
    ///
    /// # Errors
    /// If standard output fails, or a task, none of which may end before the agent does.
    pub async fn run(
        &mut self,
        mut events: mpsc::Receiver<Event>,
        mut records: mpsc::Receiver<Batch>,
        tasks: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        self.examine(Instant::now());
        let ended = loop {
            let event = tokio::select! {
                Some(event) = events.recv() => event,
                Some(records) = records.recv() => {
                    self.records(records, Instant::now());
                    continue;
                }
                Some(done) = self.short.join_next() => match done {
                    Ok(event) => event,
                    Err(e) => {
                        log::warn!("a task failed: {e}");
                        continue;
                    }
                },
                Some(ended) = tasks.join_next() => break too_early(ended),
                else => break Ok(()),
            };
            match self.handle(event, Instant::now()) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break Ok(()),
                Err(e) => break Err(e),
            }
        };
        self.finish(records);
        ended
    }

    fn handle(&mut self, event: Event, now: Instant) -> anyhow::Result<ControlFlow<()>> {
        match event {
            Event::Tick => self.tick(now),
            Event::Named { identity, info } => self.named(identity, info, now),
            Event::Appeared => self.look_up_anchors(),
            Event::Reload(reply) => self.reload(reply),
            Event::Reloaded(read) => self.put_in_force(read, now),
            Event::Try(trial, reply) => self.try_policy(trial, reply),
            Event::Audit(seconds, reply) => self.audit_for(seconds, reply),
            Event::Confirm(reply) => self.confirm(reply, now),
            Event::Cancel(reply) => self.cancel(reply),
            Event::Resolved { policy, table } => self.resolved(policy, table),
            // Who asked may be gone by now; that is their affair.
            Event::Tail(tail, reply) => drop(reply.send(self.hub.subscribe(tail))),
            Event::Measure(reply) => drop(reply.send(Box::new(self.measure(now)))),
            Event::Status(reply) => drop(reply.send(self.snapshot(now))),
            Event::Ps(reply) => self.list(reply, now),
            Event::Listed(rows, reply) => drop(reply.send(Answer::Given(rows))),
            Event::Examined { policy, rows } => self.examined(policy, rows),
            Event::Stopped(row, failure) => self.stopped(*row, failure),
            Event::Unload(reply) => return Ok(self.unload(reply)),
            Event::Stop => return Ok(ControlFlow::Break(())),
            Event::OutputFailed(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                return Ok(ControlFlow::Break(()));
            }
            Event::OutputFailed(e) => return Err(e).context("cannot write to standard output"),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The way out. Where it fails, what could not be taken off goes on, and so does the agent.
    fn unload(&mut self, reply: Reply<()>) -> ControlFlow<()> {
        let done = self.kernel.unload().context("taking the programs off");
        let flow = if done.is_ok() {
            log::warn!("unloaded: containers are not contained any more");
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        };
        // Who asked may be gone by now; that is their affair.
        drop(reply.send(done.into()));
        flow
    }

    /// Gives out what is still here.
    fn finish(&mut self, mut records: mpsc::Receiver<Batch>) {
        records.close();
        let now = Instant::now();
        while let Ok(records) = records.try_recv() {
            self.records(records, now);
        }
        self.give_held(|_| true, now);
        self.give_repeated(None);
        self.tell_losses();
    }
}

fn too_early(ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Result<()> {
    match ended {
        Ok(Ok(())) => bail!("a task of the agent ended by itself"),
        Ok(Err(e)) => Err(e),
        Err(e) => Err(e).context("a task of the agent failed"),
    }
}

fn read_line(root: &Path, path: &str) -> String {
    let text = fs::read_to_string(root.join(path)).unwrap_or_default();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests;
