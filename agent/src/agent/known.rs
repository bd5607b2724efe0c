//! What the agent has seen of each container, by its identity.

use std::collections::HashMap;

use crate::status::Assigned;

/// Containers remembered at one time; those that are gone make room.
const CAPACITY: usize = 40_000;

#[derive(Default)]
pub(super) struct Known(HashMap<u64, Seen>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) denied: u64,
    pub(super) audited: u64,
    pub(super) assigned: Assigned,
    stopped: bool,
    looked: bool,
}

impl Known {
    /// A runtime has made it just now.
    pub(super) fn made(&mut self, identity: u64) {
        let assigned = Assigned::InTime;
        let seen = Seen {
            assigned,
            ..Seen::default()
        };
        self.put(identity, seen);
    }

    /// Its profile was found when its first programs may have run. Whether that is news: one that
    /// was there before the agent is not late.
    pub(super) fn late(&mut self, identity: u64) -> bool {
        let seen = self.get(identity);
        let is_news = seen.assigned == Assigned::InTime;
        if is_news {
            let assigned = Assigned::Late;
            self.put(identity, Seen { assigned, ..seen });
        }
        is_news
    }

    /// Its runtime is about to be told to stop it; false if it was before.
    pub(super) fn stop(&mut self, identity: u64) -> bool {
        let seen = self.get(identity);
        let stopped = true;
        self.put(identity, Seen { stopped, ..seen });
        !seen.stopped
    }

    /// Something of it was refused, or only reported.
    pub(super) fn denied(&mut self, identity: u64, is_audited: bool) {
        let mut seen = self.get(identity);
        if is_audited {
            seen.audited += 1;
        } else {
            seen.denied += 1;
        }
        self.put(identity, seen);
    }

    pub(super) fn get(&self, identity: u64) -> Seen {
        self.0.get(&identity).copied().unwrap_or_default()
    }

    /// Whether it is the first time that somebody looks for it, because records were lost.
    pub(super) fn look(&mut self, identity: u64) -> bool {
        let seen = self.get(identity);
        let looked = true;
        self.put(identity, Seen { looked, ..seen });
        !seen.looked && seen.assigned == Assigned::default()
    }

    /// Without room nothing new is remembered.
    fn put(&mut self, identity: u64, seen: Seen) {
        if self.0.len() < CAPACITY || self.0.contains_key(&identity) {
            self.0.insert(identity, seen);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= CAPACITY
    }

    pub(super) fn keep(&mut self, is_there: impl Fn(u64) -> bool) {
        self.0.retain(|identity, _| is_there(*identity));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_adds_up() {
        let mut known = Known::default();
        known.made(7);
        known.denied(7, false);
        known.denied(7, true);
        assert!(known.late(7));
        assert!(!known.late(7), "said once");
        let seen = known.get(7);
        assert_eq!((seen.denied, seen.audited), (1, 1));
        assert_eq!(seen.assigned, Assigned::Late);
        assert!(!known.late(8), "it was there before");
        assert!(known.stop(7));
        assert!(!known.stop(7), "once");
        assert_eq!(known.get(8), Seen::default());
    }

    #[test]
    fn those_that_are_gone_make_room() {
        let mut known = Known::default();
        for identity in 0..=CAPACITY as u64 {
            known.made(identity);
        }
        assert!(known.is_full());
        assert_eq!(known.get(CAPACITY as u64), Seen::default());
        known.keep(|identity| identity < 5);
        assert!(!known.is_full());
        assert_eq!(known.get(4).assigned, Assigned::InTime);
    }
}
