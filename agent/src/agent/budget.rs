//! Repeats are folded, and no container can push out another's denials.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use probe_common::record::Denial;

/// Repeats of a denial within this time are one line.
const FOLD: Duration = Duration::from_secs(1);
/// Different denials that can be waiting for repeats; what comes beyond is not folded.
const FOLDING: usize = 4_096;
/// Lines a container may have at once, and how fast it gets new ones.
const BURST: f64 = 200.0;
const PER_SECOND: f64 = 20.0;

#[derive(Default)]
pub(super) struct Budget {
    hasher: RandomState,
    recent: HashMap<u64, Recent>,
    shares: HashMap<u64, Share>,
    over: u64,
}

struct Recent {
    first: Instant,
    last: Box<Denial>,
    repeated: u64,
}

struct Share {
    lines: f64,
    at: Instant,
}

impl Budget {
    /// Whether this denial is a line of its own. The first of its kind always is, as long as its
    /// container has lines left.
    pub(super) fn allows(&mut self, denial: &Denial, now: Instant) -> bool {
        let kind = self.kind(denial);
        if let Some(recent) = self.recent.get_mut(&kind)
            && now.saturating_duration_since(recent.first) < FOLD
        {
            recent.repeated += 1;
            *recent.last = *denial;
            return false;
        }
        let share = self.shares.entry(denial.container).or_insert(Share {
            lines: BURST,
            at: now,
        });
        share.refill(now);
        if share.lines < 1.0 {
            self.over += 1;
            return false;
        }
        share.lines -= 1.0;
        // An older one with repeats that were not given out yet stays until they are.
        if self.recent.len() < FOLDING && !self.recent.contains_key(&kind) {
            let last = Box::new(*denial);
            let first = now;
            self.recent.insert(
                kind,
                Recent {
                    first,
                    last,
                    repeated: 0,
                },
            );
        }
        true
    }

    /// The last of each kind that was repeated and whose time is over, with how often; without a
    /// time all of them.
    pub(super) fn repeated(&mut self, now: Option<Instant>) -> Vec<(Box<Denial>, u64)> {
        let over = self.recent.extract_if(|_, recent| {
            now.is_none_or(|now| now.saturating_duration_since(recent.first) >= FOLD)
        });
        let over = over.map(|(_, recent)| (recent.last, recent.repeated));
        over.filter(|(_, repeated)| *repeated > 0).collect()
    }

    /// How many denials were over their container's budget since this was last asked.
    pub(super) fn take_over(&mut self, now: Instant) -> u64 {
        self.shares.retain(|_, share| {
            share.refill(now);
            share.lines < BURST
        });
        std::mem::take(&mut self.over)
    }

    /// What makes two denials the same to a reader.
    fn kind(&self, d: &Denial) -> u64 {
        self.hasher.hash_one((
            (d.container, d.rule, d.hook, d.verdict, d.cause, d.uid),
            (d.ino, d.dev, d.namespace, d.target_pid, d.detail, d.syscall),
            (d.comm, d.exe, d.host_path, d.path),
        ))
    }
}

impl Share {
    fn refill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.lines = (self.lines + since * PER_SECOND).min(BURST);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::sample;

    #[test]
    fn the_first_is_given_at_once_and_repeats_are_counted() {
        let mut budget = Budget::default();
        let now = Instant::now();
        assert!(budget.allows(&sample::mount(), now));
        assert!(!budget.allows(&sample::mount(), now));
        assert!(!budget.allows(&sample::mount(), now + FOLD / 2));
        assert!(
            budget.allows(&sample::setns(), now),
            "another one is another one"
        );
        assert!(budget.repeated(Some(now + FOLD / 2)).is_empty());
        let repeated = budget.repeated(Some(now + FOLD));
        assert_eq!(repeated.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2]);
        assert!(budget.allows(&sample::mount(), now + FOLD), "a new second");
    }

    #[test]
    fn a_noisy_container_does_not_silence_another() {
        let mut budget = Budget::default();
        let now = Instant::now();
        let mut noisy = sample::mount();
        let mut given = 0;
        for ino in 0..1_000 {
            noisy.ino = ino;
            given += usize::from(budget.allows(&noisy, now));
        }
        assert_eq!(given, BURST as usize);
        let mut other = sample::mount();
        other.container = 180;
        assert!(budget.allows(&other, now));
        assert_eq!(budget.take_over(now), 800);
        assert_eq!(budget.take_over(now), 0);
        noisy.ino = 9_999;
        assert!(
            budget.allows(&noisy, now + Duration::from_secs(1)),
            "refilled"
        );
    }
}
