//! An output in a thread of its own: nothing waits for it. A line that it does not take is counted,
//! and the count is a line as soon as it takes any.

use std::{
    io,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::error::TryRecvError;

use crate::{denials::Line, socket::Feed};

/// How long the end waits for lines that are still to be written.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Between two tries of what does not work.
const RETRY: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(50);

/// Where lines go.
pub trait Sink: Send + 'static {
    /// In a message: `the export file /x`.
    fn name(&self) -> String;

    /// How many lines it takes at once, at most.
    fn most(&self) -> usize {
        1
    }

    /// How many denials of these lines were taken and thrown away.
    ///
    /// # Errors
    /// If it has none of them.
    fn put(&mut self, lines: &[Arc<Line>]) -> io::Result<u64>;
}

/// A thread that gives lines to a sink.
pub struct Output {
    name: String,
    done: mpsc::Receiver<()>,
}

impl Output {
    /// Gives `feed` to `sink` until there is no more.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn start(sink: impl Sink, feed: Feed) -> io::Result<Self> {
        let name = sink.name();
        let (sender, done) = mpsc::channel();
        thread::Builder::new()
            .name(feed.lost.cause.to_owned())
            .spawn(move || {
                let mut pump = Pump {
                    sink,
                    feed,
                    again: None,
                    failure: None,
                };
                pump.run();
                drop(sender);
            })?;
        Ok(Self { name, done })
    }

    /// Waits, but not for long, until what was said is there. Its feed must have ended.
    pub fn finish(self) {
        if self.done.recv_timeout(LAST_LINES) == Err(mpsc::RecvTimeoutError::Timeout) {
            log::warn!("{} takes no more, its last lines are dropped", self.name);
        }
    }
}

struct Pump<S> {
    sink: S,
    feed: Feed,
    /// When it is tried again, after a failure.
    again: Option<Instant>,
    /// The last one, so that it is said once.
    failure: Option<String>,
}

impl<S: Sink> Pump<S> {
    fn run(&mut self) {
        while let Some(lines) = self.next() {
            self.give(&lines, Instant::now());
        }
        self.again = None;
        self.tell(Instant::now());
        let left = self.feed.lost.denials;
        if left > 0 {
            log::warn!("{}: {left} denials are not in it", self.sink.name());
        }
    }

    /// What comes next; `None` after the last. Meanwhile it is told what it did not take.
    fn next(&mut self) -> Option<Vec<Arc<Line>>> {
        let first = loop {
            if self.feed.lost.denials == 0 {
                break self.feed.lines.blocking_recv()?;
            }
            match self.feed.lines.try_recv() {
                Ok(line) => break line,
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {
                    self.tell(Instant::now());
                    thread::sleep(POLL);
                }
            }
        };
        let mut lines = vec![first];
        while lines.len() < self.sink.most()
            && let Ok(line) = self.feed.lines.try_recv()
        {
            lines.push(line);
        }
        Some(lines)
    }

    fn give(&mut self, lines: &[Arc<Line>], now: Instant) {
        if self.tell(now) && self.put(lines, now) {
            return;
        }
        let denials = lines.iter().map(|line| line.denials()).sum();
        self.feed.lost.add(denials);
    }

    /// Whether it knows of everything that it did not take.
    fn tell(&mut self, now: Instant) -> bool {
        let (count, cause) = (self.feed.lost.denials, self.feed.lost.cause);
        if count == 0 {
            return true;
        }
        if self.again.is_some_and(|again| now < again) {
            return false;
        }
        let lost = [Arc::new(Line::lost(count, cause, &self.feed.node))];
        let told = self.put(&lost, now);
        if told {
            self.feed.lost.denials = self.feed.lost.denials.saturating_sub(count);
        }
        told
    }

    fn put(&mut self, lines: &[Arc<Line>], now: Instant) -> bool {
        match self.sink.put(lines) {
            Ok(refused) => {
                if refused > 0 {
                    self.feed.lost.add(refused);
                }
                if self.failure.take().is_some() {
                    log::warn!("{} works again", self.sink.name());
                }
                self.again = None;
                true
            }
            Err(e) => {
                let failure = e.to_string();
                if self.failure.as_ref() != Some(&failure) {
                    log::warn!(
                        "{}: {failure}; lines are counted meanwhile",
                        self.sink.name()
                    );
                }
                self.failure = Some(failure);
                self.again = Some(now + RETRY);
                false
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{
        denials::sample,
        socket::{Hub, Memory},
    };

    /// Takes so many, then none until it is mended; tells what it has.
    #[derive(Clone)]
    struct Fake {
        room: Arc<Mutex<u64>>,
        has: Arc<Mutex<Vec<Line>>>,
    }

    impl Sink for Fake {
        fn name(&self) -> String {
            "a fake".to_owned()
        }

        fn put(&mut self, lines: &[Arc<Line>]) -> io::Result<u64> {
            let mut room = self.room.lock().unwrap();
            if *room < lines.len() as u64 {
                return Err(io::Error::other("full"));
            }
            *room -= lines.len() as u64;
            let mut has = self.has.lock().unwrap();
            has.extend(lines.iter().map(|line| (**line).clone()));
            Ok(0)
        }
    }

    /// What lines stand for, losses included.
    pub fn sum<'a>(lines: impl IntoIterator<Item = &'a Line>) -> u64 {
        lines.into_iter().map(Line::denials).sum()
    }

    #[test]
    fn what_is_not_taken_is_counted_and_told_without_another_line() {
        let mut hub = Hub::new("web-3".to_owned(), Memory::none());
        let fake = Fake {
            room: Arc::new(Mutex::new(2)),
            has: Arc::default(),
        };
        let output = Output::start(fake.clone(), hub.feed("export")).unwrap();
        for _ in 0..10 {
            hub.publish(sample::line(&sample::mount(), 0));
        }
        let until = Instant::now() + Duration::from_secs(10);
        let wait = |is: &dyn Fn() -> bool| {
            while !is() {
                assert!(Instant::now() < until);
                thread::sleep(Duration::from_millis(5));
            }
        };
        wait(&|| {
            hub.losses()
                .any(|(cause, lost)| (cause, lost) == ("export", 8))
        });
        *fake.room.lock().unwrap() = 1_000;
        wait(&|| sum(fake.has.lock().unwrap().iter()) == 10);
        hub.publish(sample::line(&sample::mount(), 0));
        drop(hub);
        output.finish();
        let has = fake.has.lock().unwrap();
        assert_eq!(has.len(), 4, "two, the loss, and one more");
        let Line::Lost(lost) = &has[2] else {
            panic!("{:?}", has[2])
        };
        assert_eq!((lost.count, lost.cause.as_str()), (8, "export"));
    }

    #[test]
    fn an_end_while_it_fails_does_not_hang() {
        let mut hub = Hub::new("web-3".to_owned(), Memory::none());
        let fake = Fake {
            room: Arc::default(),
            has: Arc::default(),
        };
        let output = Output::start(fake, hub.feed("export")).unwrap();
        hub.publish(sample::line(&sample::mount(), 0));
        drop(hub);
        let before = Instant::now();
        output.finish();
        assert!(before.elapsed() < LAST_LINES);
    }
}
