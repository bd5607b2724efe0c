//! What comes out of the ring.

use std::time::Instant;

use probe_common::{
    container::{PROFILE_CANARY, PROFILE_DEFAULT},
    label::BY_DESCENT,
    record::{ContainerMade, Denial, Record},
    rule::{rules, verdicts},
};

use super::{Agent, Kernel};
use crate::{
    containers::{Info, Key, Lookup, docker_api},
    denials::{self, Holder, Line, decode},
    events::Event,
    metrics::Kind,
    probe::Batch,
};

/// Denials that wait for the name of their container; what comes beyond is given out without it.
const HELD: usize = 256;

/// Questions to Docker at one time: who may make cgroups can make it look as if there were containers.
const ASKED: usize = 64;

/// A denial that waits for the name of its container.
pub(super) struct Held {
    record: Box<Denial>,
    /// Read when the denial came: the process may be gone later.
    exe: Option<String>,
}

impl<K: Kernel> Agent<K> {
    pub(super) fn records(&mut self, batch: Batch, now: Instant) {
        self.lost(batch.malformed, "malformed");
        for record in batch.records {
            match record {
                Record::ContainerMade(made) => self.made(&made),
                Record::Denial(denial) if denial.profile == PROFILE_CANARY => {}
                Record::Denial(denial) => self.denial(denial, now),
            }
        }
    }

    /// The runtime's files may be gone soon, and the probe must know whose files the container may
    /// have before it runs: looked up at once.
    fn made(&mut self, made: &ContainerMade) {
        let id = decode::container_id(&made.id);
        self.known.made(made.cgroup);
        let info = self.containers.made(Key::of(made.cgroup, &id)).clone();
        self.tell_profile(made.cgroup, &info);
        self.tell_peers(made.cgroup, &info);
        if info.lookup == Lookup::Failed {
            self.ask(made.cgroup, &id);
        }
        self.look_up_anchors();
    }

    fn denial(&mut self, record: Denial, now: Instant) {
        let counts = match record.verdict {
            verdicts::AUDITED => &mut self.counters.audited,
            _ => &mut self.counters.denied,
        };
        let rule = rules::name(record.rule).unwrap_or("unknown");
        *counts.entry(rule.to_owned()).or_default() += 1;
        let is_audited = record.verdict == verdicts::AUDITED;
        let kind = Kind {
            rule,
            profile: self.policy.name(record.profile),
            verdict: if is_audited { "audited" } else { "denied" },
        };
        *self.denials.entry(kind).or_default() += 1;
        self.known.denied(record.container, is_audited);
        if !self.budget.allows(&record, now) {
            return;
        }
        let held = Held {
            exe: match record.exe.first() {
                None | Some(0) => decode::exe_of(&self.root, record.pid),
                Some(_) => None,
            },
            record: Box::new(record),
        };
        let id = decode::container_id(&held.record.container_id);
        let identity = held.record.container;
        let info = self.info(&held.record, now);
        let mut lookup = info.lookup;
        // Nobody knew it when it was made, and now it is known.
        if held.record.profile == PROFILE_DEFAULT {
            self.tell_late(identity, &info);
        }
        if held.record.rule == rules::HOST_PATH {
            self.tell_peers(identity, &info);
        }
        if lookup == Lookup::Failed && self.ask(identity, &id) {
            lookup = Lookup::Pending;
        }
        if lookup == Lookup::Pending && self.held.len() < HELD {
            self.held.push(held);
        } else {
            self.give(held, now);
        }
    }

    fn info(&mut self, record: &Denial, now: Instant) -> Info {
        let id = decode::container_id(&record.container_id);
        let key = Key {
            identity: record.container,
            cgroup: record.cgroup,
            id: &id,
        };
        self.containers.find(key, now)
    }

    /// Asks Docker in a task of its own. False if there is nobody to ask, or enough is asked already.
    fn ask(&mut self, identity: u64, id: &str) -> bool {
        if self.short.len() >= ASKED || !docker_api::can_answer(&self.root, id) {
            return false;
        }
        self.containers.asked(identity);
        let (root, id) = (self.root.clone(), id.to_owned());
        self.short.spawn(async move {
            let info = docker_api::ask(&root, &id).await;
            Event::Named { identity, info }
        });
        true
    }

    pub(super) fn named(&mut self, identity: u64, info: Option<Info>, now: Instant) {
        if let Some(info) = &info {
            self.tell_late(identity, info);
            self.tell_peers(identity, info);
        }
        self.containers.answered(identity, info, now);
        self.give_held(|held| held.record.container == identity, now);
    }

    pub(super) fn tell_profile(&mut self, cgroup: u64, info: &Info) {
        let profile = self.policy.number(info);
        if profile == PROFILE_DEFAULT || cgroup & BY_DESCENT != 0 {
            return;
        }
        if let Err(e) = self.kernel.container_profile(cgroup, profile) {
            log::warn!("cannot tell the probe a container's profile: {e}");
        }
    }

    /// The same when its first programs may have run.
    fn tell_late(&mut self, cgroup: u64, info: &Info) {
        self.tell_profile(cgroup, info);
        if !self.policy.is_default(info) && self.known.late(cgroup) {
            self.counters.late += 1;
        }
    }

    /// Among what was lost may have been that a container was made.
    pub(super) fn look_for_missed(&mut self) {
        let all = match self.kernel.containers() {
            Ok(all) => all,
            Err(e) => return log::warn!("containers that were missed are not looked for: {e}"),
        };
        for entry in all {
            let cgroup = entry.cgroup;
            if entry.profile != PROFILE_DEFAULT || !self.known.look(cgroup) {
                continue;
            }
            let id = decode::container_id(&entry.id);
            let info = self.containers.find(Key::of(cgroup, &id), Instant::now());
            if !self.policy.is_default(&info) {
                self.known.made(cgroup);
                self.tell_late(cgroup, &info);
            }
            self.tell_peers(cgroup, &info);
            if info.lookup == Lookup::Failed {
                self.ask(cgroup, &id);
            }
        }
    }

    fn tell_peers(&mut self, cgroup: u64, info: &Info) {
        let peers = info.peers.each_ref().map(Option::as_deref);
        if peers == [None, None] || cgroup & BY_DESCENT != 0 {
            return;
        }
        if let Err(e) = self.kernel.container_peers(cgroup, peers) {
            log::warn!("cannot tell the probe whom a container shares with: {e}");
        }
    }

    pub(super) fn give_held(&mut self, which: impl Fn(&Held) -> bool, now: Instant) {
        let ready: Vec<Held> = self.held.extract_if(.., |held| which(held)).collect();
        for held in ready {
            self.give(held, now);
        }
    }

    fn give(&mut self, held: Held, now: Instant) {
        let info = self.info(&held.record, now);
        let mut denial = self.decode(&held.record, info);
        if denial.process.exe.is_none() {
            denial.process.exe = held.exe;
        }
        self.hub.publish(Line::Denial(Box::new(denial)));
    }

    fn decode(&self, record: &Denial, info: Info) -> denials::Denial {
        let profile = self.policy.name(record.profile);
        let (_, content) = self.policy.content(record.profile);
        let holder = Holder {
            profile: &profile,
            allowed: content.allowed,
        };
        self.decoder.denial(record, info, holder)
    }

    /// Gives out how often denials were repeated whose second is over; without a time all of them.
    pub(super) fn give_repeated(&mut self, now: Option<Instant>) {
        for (record, repeated) in self.budget.repeated(now) {
            let info = self.info(&record, now.unwrap_or_else(Instant::now));
            let mut denial = self.decode(&record, info);
            denial.repeated = Some(repeated);
            self.counters.suppressed += repeated;
            self.hub.publish(Line::Denial(Box::new(denial)));
        }
    }
}
