//! What is done now and then: losses, the clock, the policy, the anchors.

use std::time::Instant;

use anyhow::Context;

use super::{Agent, Kernel};
use crate::{anchors::Table, denials::clock::Clock, devices::Devices, events::Event};

/// Ticks between two looks for directories that a runtime has made meanwhile.
const EVERY: u32 = 2;

/// When the anchors are looked up again: one look at a time, because it may take long.
#[derive(Default)]
pub(super) struct Due {
    ticks: u32,
    running: bool,
    /// Asked for while one was running.
    again: bool,
    /// The last failure, so that it is said once.
    failure: Option<String>,
}

impl<K: Kernel> Agent<K> {
    pub(super) fn tick(&mut self, now: Instant) {
        self.decoder.clock = Clock::read();
        self.give_repeated(Some(now));
        self.tell_losses();
        self.look_up_devices();
        self.end_trial(now);
        self.make_room();
        self.anchors_due.ticks += 1;
        if self.anchors_due.ticks >= EVERY {
            self.look_up_anchors();
        }
        self.watchdog.tick(now);
    }

    /// Publishes what was lost since the last time.
    pub(super) fn tell_losses(&mut self) {
        match self.kernel.counters() {
            Ok(counters) => {
                let lost = counters.lost.saturating_sub(self.ring_lost);
                self.ring_lost = counters.lost;
                self.counters.containers = counters.containers;
                self.lost(lost, "ring");
                if lost > 0 {
                    self.look_for_missed();
                }
            }
            Err(e) => log::warn!("cannot read the probe's counters: {e}"),
        }
        let over = self.budget.take_over(Instant::now());
        self.lost(over, "budget");
        self.hub.tell_losses();
    }

    /// What an agent before this one told of the ring's losses counts if the ring is still the same,
    /// whose count only grows; what it had in hand is lost.
    pub(super) fn take_over(&mut self, in_hand: u64) {
        let is_same = self.kernel.counters();
        if !is_same.is_ok_and(|counters| counters.lost >= self.ring_lost) {
            self.ring_lost = 0;
        }
        self.lost(in_hand, "agent");
    }

    pub(super) fn lost(&mut self, count: u64, cause: &str) {
        if count > 0 {
            *self.counters.lost.entry(cause.to_owned()).or_default() += count;
            self.hub.lost(count, cause);
        }
    }

    /// A driver may have been loaded meanwhile; /proc never makes anybody wait.
    fn look_up_devices(&mut self) {
        let read = Devices::read(&self.root).context("/proc/devices cannot be read");
        let put = read.and_then(|found| {
            if self.devices.as_ref() != Some(&found) {
                self.kernel.set_devices(&found)?;
            }
            Ok(found)
        });
        match put {
            Ok(found) => self.devices = Some(found),
            Err(e) if self.devices.take().is_some() => {
                log::warn!("the devices refused to containers stay as they are: {e:#}");
            }
            Err(_) => {}
        }
    }

    /// Looks the anchors up again where it may block: a host path can be on a server that is away.
    pub(super) fn look_up_anchors(&mut self) {
        if std::mem::replace(&mut self.anchors_due.running, true) {
            self.anchors_due.again = true;
            return;
        }
        self.anchors_due.ticks = 0;
        let (paths, root) = (self.policy.host_paths(), self.root.clone());
        let policy = self.policy_version;
        self.short.spawn_blocking(move || Event::Resolved {
            policy,
            table: Table::refresh(&paths, &root)
                .map(Box::new)
                .map_err(anyhow::Error::new),
        });
    }

    pub(super) fn resolved(&mut self, policy: u64, table: anyhow::Result<Box<Table>>) {
        self.anchors_due.running = false;
        let applied = match table {
            _ if policy != self.policy_version => Ok(()),
            Ok(table) => self.put_anchors(*table),
            Err(e) => Err(e),
        };
        let failure = applied.err().map(|e| format!("{e:#}"));
        if let Some(failure) = &failure
            && self.anchors_due.failure.as_ref() != Some(failure)
        {
            log::warn!("the anchors stay as they are: {failure}");
        }
        self.anchors_due.failure = failure;
        if std::mem::take(&mut self.anchors_due.again) {
            self.look_up_anchors();
        }
    }

    pub(super) fn put_anchors(&mut self, table: Table) -> anyhow::Result<()> {
        if table == self.anchors {
            Ok(())
        } else {
            self.set_anchors(table)
        }
    }

    /// With the profiles that the policy gives to runtimes.
    pub(super) fn set_anchors(&mut self, table: Table) -> anyhow::Result<()> {
        for warning in table.new_warnings(&self.anchors) {
            log::warn!("{warning}");
        }
        let policy = &self.policy;
        self.kernel
            .set_anchors(&table, &|runtime| policy.number_of_runtime(runtime))
            .context("giving the anchors to the probe")?;
        self.anchors = table;
        Ok(())
    }
}
