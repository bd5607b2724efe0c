//! What is measured, for Prometheus.

use std::time::Instant;

use super::{Agent, Kernel};
use crate::{containers::Lookup, metrics::Sample};

impl<K: Kernel> Agent<K> {
    pub(super) fn measure(&mut self, now: Instant) -> Sample {
        Sample {
            snapshot: self.snapshot(now),
            started: self.started.0.as_second(),
            denials: self.denials.clone(),
            containers: self.lookups(),
        }
    }

    /// Of every container, without looking again.
    fn lookups(&mut self) -> Vec<Lookup> {
        match self.kernel.containers() {
            Ok(all) => all
                .iter()
                .map(|entry| self.containers.lookup(entry.cgroup))
                .collect(),
            Err(e) => {
                log::warn!("the containers are not counted: {e}");
                Vec::new()
            }
        }
    }
}
