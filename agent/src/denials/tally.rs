//! How many denials one output did not get. Shared: an output counts in a thread of its own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<AtomicU64>);

impl Tally {
    pub fn add(&self, denials: u64) {
        self.0.fetch_add(denials, Ordering::Relaxed);
    }

    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Denials that have to be said to be lost, and are counted for good at once.
#[derive(Debug)]
pub struct Untold {
    pub cause: &'static str,
    pub denials: u64,
    tally: Tally,
}

impl Untold {
    pub fn new(cause: &'static str, tally: Tally) -> Self {
        Self {
            cause,
            denials: 0,
            tally,
        }
    }

    pub fn add(&mut self, denials: u64) {
        self.denials += denials;
        self.tally.add(denials);
    }
}
