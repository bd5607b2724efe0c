//! Containers that run already: what their profile would refuse of them today is told, and they are
//! stopped where the policy says so.

use std::time::Instant;

use super::{Agent, Kernel};
use crate::{
    containers::{Lookup, docker_api},
    denials::{Container, Line, Stopped, VERSION, clock},
    events::Event,
    policy::{Existing, Mode},
    status::Row,
};

impl<K: Kernel> Agent<K> {
    /// Looks at all of them where it may block.
    pub(super) fn examine(&mut self, now: Instant) {
        let policy = self.policy_version;
        match self.looking(now) {
            Ok(look) => drop(self.short.spawn_blocking(move || Event::Examined {
                policy,
                rows: look.rows(),
            })),
            Err(e) => log::warn!("containers that run already are not looked at: {e:#}"),
        }
    }

    /// A policy on trial stops nothing: it could not start it again.
    pub(super) fn examined(&mut self, policy: u64, rows: Vec<Row>) {
        if policy != self.policy_version {
            // Another look is under way for the one in force.
            return;
        }
        let refused = |row: &Row| !row.would_refuse.is_empty() && row.mode == Mode::Enforce;
        let refused: Vec<Row> = rows.into_iter().filter(refused).collect();
        if refused.is_empty() {
            return;
        }
        let count = refused.len();
        eprintln!(
            "bulkhead: {count} running containers have what their profile refuses: `bulkhead ps`"
        );
        if self.policy.policy.existing == Existing::Stop && self.trial.is_none() {
            for row in refused {
                self.stop_one(row);
            }
        }
    }

    /// Once: what its runtime could not stop is an administrator's.
    fn stop_one(&mut self, row: Row) {
        let id = row.id.clone().filter(|_| row.lookup == Lookup::Resolved);
        let (Some(id), Some(process)) = (id, &row.process) else {
            log::warn!(
                "cannot stop the container of cgroup {}: no runtime knows it",
                row.cgroup_id
            );
            return;
        };
        if !self.known.stop(row.cgroup_id) {
            return;
        }
        let (root, process) = (self.root.clone(), process.pid);
        self.short.spawn(async move {
            let runtime = row.runtime.as_deref();
            let failure = docker_api::stop(&root, runtime, (&id, process)).await.err();
            Event::Stopped(Box::new(row), failure)
        });
    }

    pub(super) fn stopped(&mut self, row: Row, failure: Option<String>) {
        let container = Container {
            id: row.id,
            name: row.name,
            image: row.image,
            runtime: row.runtime,
            profile: row.profile,
            cgroup_id: row.cgroup_id,
            cgroup: row.cgroup,
            lookup: row.lookup,
            // Those are in no row.
            by_descent: false,
        };
        let verdict = if failure.is_none() {
            "stopped"
        } else {
            "running"
        };
        self.hub.publish(Line::Stopped(Box::new(Stopped {
            v: VERSION,
            seq: 0,
            time: clock::now(),
            node: self.decoder.node.clone(),
            verdict: verdict.to_owned(),
            rule: row
                .would_refuse
                .first()
                .map_or_else(String::new, |first| first.rule.clone()),
            container,
            refusals: row.would_refuse,
            failure,
        })));
    }
}
