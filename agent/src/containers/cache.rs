//! Containers met so far, also for a while after they are gone. Bounded: the longest unused go.

use std::{collections::HashMap, time::Instant};

use super::Info;

/// Containers remembered at one time.
const CAPACITY: usize = 20_000;

pub(super) struct Cache {
    entries: HashMap<u64, Entry>,
    uses: u64,
}

struct Entry {
    info: Info,
    tried: Option<Instant>,
    used: u64,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            entries: HashMap::new(),
            uses: 0,
        }
    }

    /// What is known, and when the last look was.
    pub(super) fn get(&mut self, identity: u64) -> Option<(&Info, Option<Instant>)> {
        self.uses += 1;
        let entry = self.entries.get_mut(&identity)?;
        entry.used = self.uses;
        Some((&entry.info, entry.tried))
    }

    pub(super) fn get_mut(&mut self, identity: u64) -> Option<&mut Info> {
        self.entries.get_mut(&identity).map(|entry| &mut entry.info)
    }

    pub(super) fn put(&mut self, identity: u64, info: Info, tried: Option<Instant>) -> &Info {
        self.uses += 1;
        if self.entries.len() >= CAPACITY && !self.entries.contains_key(&identity) {
            self.forget();
        }
        let used = self.uses;
        let entry = Entry { info, tried, used };
        &self
            .entries
            .entry(identity)
            .insert_entry(entry)
            .into_mut()
            .info
    }

    /// Drops the least recently used tenth.
    fn forget(&mut self) {
        let mut uses: Vec<u64> = self.entries.values().map(|e| e.used).collect();
        let (_, oldest, _) = uses.select_nth_unstable(CAPACITY / 10);
        let oldest = *oldest;
        self.entries.retain(|_, e| e.used > oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_go_first() {
        let mut cache = Cache::new();
        for identity in 0..CAPACITY as u64 {
            cache.put(identity, Info::default(), None);
        }
        cache.get(0);
        cache.put(u64::MAX, Info::default(), None);
        assert!(cache.get(0).is_some(), "just used");
        assert!(cache.get(1).is_none(), "oldest");
        assert!(cache.get(u64::MAX).is_some(), "new");
        assert!(cache.entries.len() <= CAPACITY);
    }
}
