//! Everything that can happen to the running agent, and the tasks that tell it.

use std::{io, time::Duration};

use anyhow::Context;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};

use crate::{
    agent::Read,
    anchors::{Table, Watch},
    containers::Info,
    metrics::Sample,
    probe::{Batch, Ring},
    socket::{Applied, Reply, Subscription, Tail, Taken, Try},
    status::{Row, Snapshot},
};

/// Events that wait for the agent.
pub const QUEUE: usize = 256;
/// Batches of records that wait for it; the kernel's ring holds what comes after. So few that it soon
/// says what it has to of a container that was just made.
pub const BATCHES: usize = 64;
const TICK: Duration = Duration::from_secs(1);

pub enum Event {
    /// About a second has passed.
    Tick,
    /// A directory that an anchor is about was made, or one on the way to it.
    Appeared,
    /// SIGHUP, or somebody who waits for what comes of it.
    Reload(Option<Reply<Applied>>),
    /// SIGTERM or SIGINT.
    Stop,
    /// A runtime has answered, or nobody has.
    Named {
        identity: u64,
        info: Option<Info>,
    },
    /// The policy was read again.
    Reloaded(Read),
    Try(Try, Reply<Applied>),
    /// The policy in force for so many seconds in audit mode.
    Audit(u64, Reply<Applied>),
    Confirm(Reply<Applied>),
    Cancel(Reply<Applied>),
    /// The programs are taken off, and the agent ends.
    Unload(Reply<()>),
    /// The anchors were looked up again.
    Resolved {
        /// Which policy they were looked up for.
        policy: u64,
        table: anyhow::Result<Box<Table>>,
    },
    Tail(Tail, oneshot::Sender<Subscription>),
    Status(oneshot::Sender<Snapshot>),
    /// Somebody scrapes.
    Measure(oneshot::Sender<Box<Sample>>),
    Ps(Reply<Vec<Row>>),
    /// What the containers have was looked up.
    Listed(Vec<Row>, Reply<Vec<Row>>),
    /// The same, of those that run already under a policy that is new.
    Examined {
        /// Which policy they were looked at for.
        policy: u64,
        rows: Vec<Row>,
    },
    /// Its runtime has stopped a container, or said why not.
    Stopped(Box<Row>, Option<String>),
    /// Standard output is closed or full.
    OutputFailed(io::Error),
}

/// Hands on what comes out of the ring, until the agent ends. There is a place for it before it is
/// taken out, so that nothing is in hand where this may be ended.
pub async fn ring(
    mut ring: Ring,
    mut taken: Taken,
    records: mpsc::Sender<Batch>,
) -> anyhow::Result<()> {
    loop {
        let Ok(place) = records.reserve().await else {
            return Ok(());
        };
        let batch = ring.next().await.context("reading the ring")?;
        taken.add(batch.denials());
        place.send(batch);
    }
}

pub async fn ticks(events: mpsc::Sender<Event>) -> anyhow::Result<()> {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if events.send(Event::Tick).await.is_err() {
            return Ok(());
        }
    }
}

/// Tells of directories that runtimes make. Where the kernel has no more watches to give, which
/// containers of the same user can use up, they are found when all anchors are looked up again.
pub async fn directories(
    watch: io::Result<Watch>,
    events: mpsc::Sender<Event>,
) -> anyhow::Result<()> {
    let Err(error) = tell_of(watch, &events).await else {
        return Ok(());
    };
    log::warn!("a runtime's new directories are found a little later: cannot watch them: {error}");
    events.closed().await;
    Ok(())
}

async fn tell_of(watch: io::Result<Watch>, events: &mpsc::Sender<Event>) -> io::Result<()> {
    let mut watch = watch?;
    loop {
        watch.appeared().await?;
        if events.send(Event::Appeared).await.is_err() {
            return Ok(());
        }
    }
}

/// The signals that the agent answers to.
pub struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on none of them ends the process by itself.
    ///
    /// # Errors
    /// If the kernel does not let it.
    pub fn catch() -> anyhow::Result<Self> {
        let catch = |kind, name| signal(kind).with_context(|| format!("waiting for {name}"));
        Ok(Self {
            hangup: catch(SignalKind::hangup(), "SIGHUP")?,
            terminate: catch(SignalKind::terminate(), "SIGTERM")?,
            interrupt: catch(SignalKind::interrupt(), "SIGINT")?,
        })
    }

    pub async fn tell(mut self, events: mpsc::Sender<Event>) -> anyhow::Result<()> {
        loop {
            let event = tokio::select! {
                _ = self.hangup.recv() => Event::Reload(None),
                _ = self.terminate.recv() => Event::Stop,
                _ = self.interrupt.recv() => Event::Stop,
            };
            if events.send(event).await.is_err() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_watches_the_agent_goes_on() {
        let (sender, receiver) = mpsc::channel(1);
        let mut task = tokio::spawn(directories(Err(io::Error::other("no more")), sender));
        let soon = Duration::from_millis(50);
        let ended = tokio::time::timeout(soon, &mut task).await;
        assert!(ended.is_err(), "{ended:?}");
        drop(receiver);
        task.await.unwrap().unwrap();
    }
}
