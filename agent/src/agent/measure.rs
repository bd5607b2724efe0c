//! What is measured, for Prometheus.

use std::{collections::BTreeMap, time::Instant};

use probe_common::{container::PROFILE_DEFAULT, rule::rules};

use super::{Agent, Kernel};
use crate::{
    containers::Lookup,
    metrics::{Kind, Sample},
    policy::Mode,
};

impl<K: Kernel> Agent<K> {
    pub(super) fn measure(&mut self, now: Instant) -> Sample {
        Sample {
            snapshot: self.snapshot(now),
            started: self.started.0.as_second(),
            denials: self.counted(),
            containers: self.lookups(),
        }
    }

    /// With a zero for each rule in the profile that most containers have: what begins with its first
    /// denial has not grown, as Prometheus sees it.
    fn counted(&self) -> BTreeMap<Kind, u64> {
        let mut denials = self.denials.clone();
        let (mode, _) = self.policy.content(PROFILE_DEFAULT);
        for (_, rule) in rules::ALL {
            let kind = Kind {
                rule,
                profile: self.policy.name(PROFILE_DEFAULT),
                verdict: if mode == Mode::Audit {
                    "audited"
                } else {
                    "denied"
                },
            };
            denials.entry(kind).or_default();
        }
        denials
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
