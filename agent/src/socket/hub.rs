//! The last lines, and everybody who reads what comes. Nobody is waited for: who is too slow gets a
//! count of what was dropped.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use tokio::sync::mpsc;

use super::{Filter, Memory, Past, Position, Tail};
use crate::denials::{Line, Tally, Untold};

/// Lines kept for those who come later.
const HISTORY: usize = 1_000;
/// Whose loss it is where somebody reads too slowly.
pub const READER: &str = "reader";
/// Lines that wait for one reader.
const QUEUE: usize = 1_024;

pub struct Hub {
    /// Name of the count.
    series: String,
    node: String,
    seq: u64,
    history: VecDeque<Arc<Line>>,
    memory: Memory,
    readers: Vec<Reader>,
    /// Of those who read over the socket, and of each output, by its name.
    tallies: BTreeMap<&'static str, Tally>,
}

struct Reader {
    filter: Filter,
    queue: mpsc::Sender<Arc<Line>>,
    lost: Untold,
}

/// What an output in a thread of its own gets.
pub struct Feed {
    pub lines: mpsc::Receiver<Arc<Line>>,
    /// What it did not get or could not take.
    pub lost: Untold,
    pub node: String,
}

/// What one reader gets.
pub struct Subscription {
    pub position: Position,
    pub history: Vec<Arc<Line>>,
    /// What comes; nothing for those who do not follow.
    pub live: Option<mpsc::Receiver<Arc<Line>>>,
}

impl Hub {
    /// `node` is the host's name. Goes on where `past` ends.
    pub fn new(node: String, (mut memory, past): (Memory, Past)) -> Self {
        let mut history = past.lines;
        while history.len() > HISTORY {
            history.pop_front();
        }
        memory.mend(&history);
        Self {
            series: past.count.series,
            node,
            seq: past.count.seq,
            history,
            memory,
            readers: Vec::new(),
            tallies: BTreeMap::new(),
        }
    }

    /// Numbers a line, remembers it and gives it to everybody who wants it.
    pub fn publish(&mut self, mut line: Line) {
        self.seq += 1;
        line.set_seq(self.seq);
        let line = Arc::new(line);
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(Arc::clone(&line));
        self.memory.keep(&line, &self.history);
        let node = &self.node;
        self.readers.retain_mut(|reader| reader.give(&line, node));
    }

    /// Publishes that `count` denials are no lines.
    pub fn lost(&mut self, count: u64, cause: &str) {
        if count > 0 {
            self.publish(Line::lost(count, cause, &self.node));
        }
    }

    /// Tells those who were too slow and have caught up what they missed.
    pub fn tell_losses(&mut self) {
        self.memory.mend(&self.history);
        let node = &self.node;
        self.readers.retain_mut(|reader| {
            reader.tell_loss(node);
            !reader.queue.is_closed()
        });
    }

    pub fn subscribe(&mut self, tail: Tail) -> Subscription {
        let after = match &tail.after {
            Some(after) if after.agent == self.series => after.seq,
            _ => 0,
        };
        let mut wanted: Vec<_> = self
            .history
            .iter()
            .filter(|line| line.seq().is_none_or(|seq| seq > after) && tail.filter.wants(line))
            .cloned()
            .collect();
        let oldest = self.seq - self.history.len() as u64;
        if after > 0 && after < oldest {
            let gone = Line::lost(oldest - after, "history", &self.node);
            wanted.insert(0, Arc::new(gone));
        }
        let skip = tail
            .lines
            .map_or(0, |lines| wanted.len().saturating_sub(lines));
        Subscription {
            position: Position {
                agent: self.series.clone(),
                seq: self.seq,
            },
            history: wanted.into_iter().skip(skip).collect(),
            live: tail.follow.then(|| self.follow(tail.filter, READER)),
        }
    }

    /// Everything that comes and is wanted; what has no room is counted under `cause`.
    pub fn follow(&mut self, filter: Filter, cause: &'static str) -> mpsc::Receiver<Arc<Line>> {
        let (queue, receiver) = mpsc::channel(QUEUE);
        let lost = Untold::new(cause, self.tally(cause));
        self.readers.push(Reader {
            filter,
            queue,
            lost,
        });
        receiver
    }

    /// The same for an output, which counts by itself what it cannot take.
    pub fn feed(&mut self, cause: &'static str) -> Feed {
        Feed {
            lines: self.follow(Filter::default(), cause),
            lost: Untold::new(cause, self.tally(cause)),
            node: self.node.clone(),
        }
    }

    /// Denials that readers and outputs did not get, by cause.
    pub fn losses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = self.tallies.iter();
        all.map(|(cause, tally)| (*cause, tally.total()))
    }

    fn tally(&mut self, cause: &'static str) -> Tally {
        self.tallies.entry(cause).or_default().clone()
    }
}

impl Reader {
    /// False once the reader is gone.
    fn give(&mut self, line: &Arc<Line>, node: &str) -> bool {
        if !self.filter.wants(line) {
            return true;
        }
        self.tell_loss(node);
        if self.lost.denials == 0 {
            match self.queue.try_send(Arc::clone(line)) {
                Ok(()) => return true,
                Err(mpsc::error::TrySendError::Closed(_)) => return false,
                Err(mpsc::error::TrySendError::Full(_)) => {}
            }
        }
        self.lost.add(line.denials());
        true
    }

    fn tell_loss(&mut self, node: &str) {
        let Untold { denials, cause, .. } = self.lost;
        if denials == 0 {
            return;
        }
        let lost = Arc::new(Line::lost(denials, cause, node));
        if self.queue.try_send(lost).is_ok() {
            self.lost.denials = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::sample;

    fn hub(lines: usize) -> Hub {
        let mut hub = Hub::new("web-3".to_owned(), Memory::none());
        for _ in 0..lines {
            hub.publish(sample::line(&sample::mount(), 0));
        }
        hub
    }

    fn seqs(subscription: &Subscription) -> Vec<u64> {
        subscription
            .history
            .iter()
            .filter_map(|line| line.seq())
            .collect()
    }

    #[test]
    fn numbers_have_no_gaps_and_the_history_an_end() {
        let mut hub = hub(HISTORY + 5);
        let all = hub.subscribe(Tail::default());
        let expected: Vec<u64> = (6..=HISTORY as u64 + 5).collect();
        assert_eq!(seqs(&all), expected);
        assert!(all.live.is_none());
    }

    #[test]
    fn the_last_lines_and_what_comes() {
        let mut hub = hub(5);
        let tail = Tail {
            lines: Some(2),
            follow: true,
            ..Tail::default()
        };
        let mut two = hub.subscribe(tail);
        assert_eq!(seqs(&two), [4, 5]);
        hub.publish(sample::line(&sample::mount(), 0));
        let next = two.live.as_mut().unwrap().try_recv().unwrap();
        assert_eq!(next.seq(), Some(6));
    }

    #[test]
    fn a_reader_that_comes_back_misses_and_repeats_nothing() {
        let mut hub = hub(5);
        let after = |agent: &str| Tail {
            after: Some(Position {
                agent: agent.to_owned(),
                seq: 3,
            }),
            ..Tail::default()
        };
        assert_eq!(seqs(&hub.subscribe(after("a"))), [4, 5]);
        assert_eq!(
            seqs(&hub.subscribe(after("an earlier run"))),
            [1, 2, 3, 4, 5]
        );
    }

    #[test]
    fn who_comes_back_too_late_is_told_how_many_lines_are_gone() {
        let mut hub = hub(HISTORY + 5);
        let after = |seq| Tail {
            after: Some(Position {
                agent: "a".to_owned(),
                seq,
            }),
            ..Tail::default()
        };
        let late = hub.subscribe(after(2));
        let Line::Lost(lost) = late.history[0].as_ref() else {
            panic!("{:?}", late.history[0])
        };
        assert_eq!((lost.count, lost.cause.as_str()), (3, "history"));
        assert_eq!(late.history.len(), HISTORY + 1);
        assert_eq!(hub.subscribe(after(5)).history.len(), HISTORY);
    }

    #[test]
    fn the_next_agent_goes_on_where_this_one_was() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Hub::new("web-3".to_owned(), Memory::open(dir.path(), "boot", "a"));
        let mut first = open();
        for _ in 0..5 {
            first.publish(sample::line(&sample::mount(), 0));
        }
        drop(first);
        let mut second = open();
        second.publish(sample::line(&sample::mount(), 0));
        let tail = Tail {
            after: Some(Position {
                agent: "a".to_owned(),
                seq: 3,
            }),
            ..Tail::default()
        };
        assert_eq!(seqs(&second.subscribe(tail)), [4, 5, 6]);
    }

    #[test]
    fn a_slow_reader_gets_a_count_of_denials() {
        let mut hub = hub(0);
        let mut slow = hub.follow(Filter::default(), READER);
        for _ in 0..QUEUE + 3 {
            hub.publish(sample::line(&sample::mount(), 0));
        }
        let mut folded = sample::line(&sample::mount(), 0);
        if let Line::Denial(denial) = &mut folded {
            denial.repeated = Some(40);
        }
        hub.publish(folded);
        hub.lost(100, "ring");
        let mut got = 0;
        while slow.try_recv().is_ok() {
            got += 1;
        }
        assert_eq!(got, QUEUE);
        hub.tell_losses();
        let Ok(line) = slow.try_recv() else {
            panic!("no count")
        };
        let Line::Lost(lost) = line.as_ref() else {
            panic!("{line:?}")
        };
        assert_eq!(
            (lost.count, lost.seq, lost.cause.as_str()),
            (143, None, "reader"),
            "what a line stands for is lost with it"
        );
        assert_eq!(hub.losses().collect::<Vec<_>>(), [(READER, 143)]);
    }

    #[test]
    fn a_reader_that_is_gone_is_forgotten() {
        let mut hub = hub(0);
        drop(hub.follow(Filter::default(), READER));
        hub.publish(sample::line(&sample::mount(), 0));
        assert!(hub.readers.is_empty());
    }
}
