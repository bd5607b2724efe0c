//! What the agent says about itself.

use std::time::Instant;

use super::{Agent, Kernel, read_line};
use crate::{
    denials::clock,
    policy::Mode,
    status::{self, Snapshot},
};

impl<K: Kernel> Agent<K> {
    /// `enforcing (14 hooks)`.
    pub fn summary(&self) -> String {
        status::summary(self.policy.policy.mode, &self.hooks)
    }

    pub(super) fn snapshot(&mut self, now: Instant) -> Snapshot {
        self.tell_losses();
        let mut counters = self.counters.clone();
        for (output, lost) in self.hub.losses().filter(|(_, lost)| *lost > 0) {
            counters.lost.insert(output.to_owned(), lost);
        }
        let (started, since) = self.started;
        let mut notes = vec![
            "the programs end with the agent in this version: no agent, no protection".to_owned(),
        ];
        if self.policy.policy.mode == Mode::Audit {
            notes.push("audit mode: nothing is refused, only reported".to_owned());
        }
        Snapshot {
            state: status::state(self.policy.policy.mode, &self.hooks),
            mode: self.policy.policy.mode,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kernel: read_line(&self.root, "proc/sys/kernel/osrelease"),
            node: self.decoder.node.clone(),
            pid: std::process::id(),
            started: clock::format(started),
            uptime_seconds: since.elapsed().as_secs(),
            policy: self
                .policy
                .policy
                .file
                .as_ref()
                .map(|file| file.display().to_string()),
            trial: self.on_trial(now),
            counters,
            rules: status::rules(self.policy.policy.default_profile().allowed, &self.hooks),
            hooks: self.hooks.clone(),
            notes,
        }
    }
}
