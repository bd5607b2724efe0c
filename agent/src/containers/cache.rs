//! Containers met so far, also for a while after they are gone. Bounded: the longest unused go.

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use super::{Info, NAMESPACES};

/// Containers remembered at one time, and bytes of what is known of them.
const CAPACITY: usize = 20_000;
const BYTES: usize = 16 << 20;
/// Bytes of a name, and of an image's: each line has both.
const TEXT: usize = 512;
/// Of the labels of one. Kubernetes lets a pod have a quarter of that.
const LABELS: usize = 1 << 20;
/// What a label takes besides its text, about.
const ENTRY: usize = 100;

pub(super) struct Cache {
    entries: HashMap<u64, Entry>,
    uses: u64,
    bytes: usize,
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
            bytes: 0,
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

    pub(super) fn put(&mut self, identity: u64, mut info: Info, tried: Option<Instant>) -> &Info {
        self.uses += 1;
        if let Some(old) = self.entries.remove(&identity) {
            self.bytes -= bytes(&old.info);
        }
        for text in [&mut info.name, &mut info.image].into_iter().flatten() {
            text.truncate(text.floor_char_boundary(TEXT));
        }
        keep_few(&mut info.labels);
        keep_few(&mut info.pod_labels);
        self.bytes += bytes(&info);
        while self.entries.len() >= CAPACITY || self.bytes > BYTES && !self.entries.is_empty() {
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
        let tenth = uses.len() / 10;
        let (_, oldest, _) = uses.select_nth_unstable(tenth);
        let oldest = *oldest;
        let gone = self.entries.extract_if(|_, e| e.used <= oldest);
        self.bytes -= gone.map(|(_, e)| bytes(&e.info)).sum::<usize>();
    }
}

/// Whoever starts a container chooses how many labels it has.
fn keep_few(labels: &mut BTreeMap<String, String>) {
    let mut room = LABELS;
    labels.retain(|key, value| {
        let length = ENTRY + key.len() + value.len();
        // The kubelet's word, however much the author of a pod says.
        let fits = NAMESPACES.contains(&key.as_str()) || length <= room;
        room = room.saturating_sub(if fits { length } else { 0 });
        fits
    });
}

fn bytes(info: &Info) -> usize {
    let labels = info.labels.iter().chain(&info.pod_labels);
    let texts = [&info.id, &info.name, &info.image, &info.cgroup];
    let texts = texts.into_iter().flatten().map(String::len);
    labels
        .map(|(key, value)| ENTRY + key.len() + value.len())
        .sum::<usize>()
        + texts.sum::<usize>()
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

    #[test]
    fn what_is_long_is_not_kept_for_long() {
        let mut cache = Cache::new();
        let info = Info {
            labels: [("short", "x".to_owned()), ("long", "x".repeat(LABELS))]
                .map(|(key, value)| (key.to_owned(), value))
                .into(),
            name: Some("ä".repeat(TEXT)),
            id: Some("i".repeat(BYTES / 10)),
            ..Info::default()
        };
        for identity in 0..100 {
            let kept = cache.put(identity, info.clone(), None);
            assert_eq!(kept.labels.len(), 1, "the short one");
            assert_eq!(kept.name.as_ref().map(String::len), Some(TEXT));
            assert!(cache.bytes <= BYTES);
        }
        assert!(cache.get(99).is_some() && cache.get(1).is_none());
        for identity in 0..100 {
            cache.put(identity, Info::default(), None);
        }
        assert_eq!(cache.bytes, 0);
    }
}
