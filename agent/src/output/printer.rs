//! Standard output of the daemon, in a thread of its own: nothing waits for who reads it.

use std::{
    io::{self, Write, stdout},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::mpsc as queue;

use super::Formatter;
use crate::{denials::Line, events::Event};

/// How long the end waits for lines that are still to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

pub struct Printer {
    done: mpsc::Receiver<()>,
}

impl Printer {
    /// Prints `lines` until there are no more, or standard output fails, which becomes an event.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn start(
        formatter: Formatter,
        lines: queue::Receiver<Arc<Line>>,
        events: queue::Sender<Event>,
    ) -> io::Result<Self> {
        let (sender, done) = mpsc::channel();
        thread::Builder::new()
            .name("printer".to_owned())
            .spawn(move || {
                if let Err(e) = print(&formatter, lines)
                    && events.blocking_send(Event::OutputFailed(e)).is_err()
                {
                    log::debug!("standard output failed after the end");
                }
                drop(sender);
            })?;
        Ok(Self { done })
    }

    /// Waits, but not for long, until what was said is written. Its queue must be closed.
    pub fn finish(self) {
        if self.done.recv_timeout(LAST_LINES) == Err(mpsc::RecvTimeoutError::Timeout) {
            log::warn!("standard output is not read, its last lines are dropped");
        }
    }
}

fn print(formatter: &Formatter, mut lines: queue::Receiver<Arc<Line>>) -> io::Result<()> {
    while let Some(line) = lines.blocking_recv() {
        let mut out = stdout().lock();
        writeln!(out, "{}", formatter.format(&line))?;
        out.flush()?;
    }
    Ok(())
}
