//! Saying what is being done: one line that counts the seconds on a terminal, plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;

const TICK: Duration = Duration::from_secs(1);

/// Does `work` while saying so.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let line = Line::start(what);
    let result = work();
    line.end(if result.is_ok() { "done" } else { "FAILED" });
    result
}

/// One thing worth knowing.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// One thing that is being done; it has to be ended.
pub(crate) struct Line {
    what: String,
    since: Instant,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Line {
    pub(crate) fn start(what: &str) -> Self {
        let since = Instant::now();
        let ticker = stderr().is_terminal().then(|| {
            let (stop, stopped) = channel();
            let what = what.to_owned();
            let ticking = thread::spawn(move || {
                draw(&format!("{what} …"));
                while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    draw(&format!("{what} … {} s", since.elapsed().as_secs()));
                }
            });
            (stop, ticking)
        });
        if ticker.is_none() {
            eprintln!("{what} …");
        }
        Self {
            what: what.to_owned(),
            since,
            ticker,
        }
    }

    pub(crate) fn end(self, how: &str) {
        let seconds = self.since.elapsed().as_secs();
        let line = format!("{}: {how} ({seconds} s)", self.what);
        let Some((stop, ticking)) = self.ticker else {
            // What took no time needs no second line.
            if seconds > 0 || how != "done" {
                eprintln!("{line}");
            }
            return;
        };
        drop(stop);
        if ticking.join().is_ok() {
            draw(&line);
        }
        eprintln!();
    }
}

/// Replaces the terminal's current line. A terminal that went away is no reason to stop.
fn draw(line: &str) {
    let mut to = stderr().lock();
    if write!(to, "\r\x1b[K{line}").is_ok() {
        to.flush().unwrap_or_default();
    }
}
