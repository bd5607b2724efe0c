//! Every container the kernel knows, for `bulkhead ps`.

use std::{collections::HashSet, time::Instant};

use anyhow::Context;
use probe_common::label::BY_DESCENT;

use super::{Agent, Kernel};
use crate::{
    containers::{Info, Key, Lookup},
    denials::decode,
    events::Event,
    policy::Profile,
    probe::Entry,
    socket::{Answer, Reply},
    status::{Look, Row},
};

impl<K: Kernel> Agent<K> {
    /// What their processes have is looked up where it may block.
    pub(super) fn list(&mut self, reply: Reply<Vec<Row>>, now: Instant) {
        self.tell_losses();
        match self.looking(now) {
            Ok(look) => drop(
                self.short
                    .spawn_blocking(move || Event::Listed(look.rows(), reply)),
            ),
            Err(e) => drop(reply.send(Answer::from(Err(e)))),
        }
    }

    pub(super) fn looking(&mut self, now: Instant) -> anyhow::Result<Look> {
        let all = self.kernel.containers().context("reading the containers")?;
        Ok(Look {
            root: self.root.clone(),
            of: all.iter().map(|entry| self.row(entry, now)).collect(),
        })
    }

    fn row(&mut self, entry: &Entry, now: Instant) -> (Row, Info, Profile) {
        let id = decode::container_id(&entry.id);
        let info = self.containers.find(Key::of(entry.cgroup, &id), now);
        let seen = self.known.get(entry.cgroup);
        // What is known only now of a container decides only now.
        let number = if info.lookup == Lookup::Resolved {
            self.tell_profile(entry.cgroup, &info);
            self.policy.number(&info)
        } else {
            entry.profile
        };
        let (mode, profile) = self.policy.content(number);
        let profile = profile.clone();
        let row = Row {
            id: info.id.clone(),
            name: info.name.clone(),
            image: info.image.clone(),
            runtime: info.runtime.map(str::to_owned),
            cgroup_id: entry.cgroup,
            cgroup: info.cgroup.clone(),
            profile: self.policy.name(number),
            mode,
            lookup: info.lookup,
            assigned: seen.assigned,
            denied: seen.denied,
            audited: seen.audited,
            process: None,
            would_refuse: Vec::new(),
        };
        (row, info, profile)
    }

    /// What was seen of containers that are gone is forgotten when there is no room for others.
    pub(super) fn make_room(&mut self) {
        if !self.known.is_full() {
            return;
        }
        match self.kernel.containers() {
            Ok(all) => {
                let there: HashSet<u64> = all.iter().map(|entry| entry.cgroup).collect();
                self.known
                    .keep(|identity| identity & BY_DESCENT == 0 && there.contains(&identity));
            }
            Err(e) => log::warn!("cannot read the containers: {e}"),
        }
    }
}
