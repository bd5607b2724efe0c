//! Findings about containers of one kind, counted.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    finding::{Answer, Finding, Setting},
    times,
};
use crate::denials::{Container, Denial};

/// Different findings about one kind of container; a program may try as many names as it likes.
const MANY: usize = 200;
/// What is named of each finding.
const NAMED: usize = 3;

/// What was seen, how often and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub count: u64,
    pub programs: Names,
    pub details: Names,
    /// A host path that has to be writable.
    pub writable: bool,
}

/// The first few names of a set, and whether there were more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub named: BTreeSet<String>,
    pub more: bool,
}

impl Names {
    fn add(&mut self, name: String) {
        if name.is_empty() || self.named.contains(&name) {
            return;
        }
        if self.named.len() < NAMED {
            self.named.insert(name);
        } else {
            self.more = true;
        }
    }

    fn merge(&mut self, other: Self) {
        self.more |= other.more;
        other.named.into_iter().for_each(|name| self.add(name));
    }
}

impl Seen {
    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.writable |= other.writable;
        self.programs.merge(other.programs);
        self.details.merge(other.details);
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub settings: BTreeMap<Setting, Seen>,
    /// Why no setting is proposed, by what was seen.
    pub rest: BTreeMap<(String, String), Seen>,
    /// Findings beyond [`MANY`].
    pub uncounted: u64,
    pub containers: Names,
    /// When the last denial was: the greater, the later.
    pub last: u64,
}

impl Findings {
    pub(super) fn container(&mut self, container: &Container) {
        let id = container.id.as_ref();
        let short = id.map(|id| id.chars().take(12).collect());
        let name = container.name.clone().or(short);
        self.containers.add(name.unwrap_or_default());
    }

    pub(super) fn add(&mut self, finding: Finding, denial: &Denial) {
        let mut seen = Seen {
            count: times(denial),
            writable: finding.writable,
            ..Seen::default()
        };
        seen.programs.add(program(denial));
        match finding.answer {
            Answer::Setting(setting) => {
                seen.details.add(finding.what);
                self.setting(setting, seen);
            }
            Answer::Nothing(why) => self.nothing((why, finding.what), seen),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (setting, seen) in other.settings {
            self.setting(setting, seen);
        }
        for (about, seen) in other.rest {
            self.nothing(about, seen);
        }
        self.uncounted = self.uncounted.saturating_add(other.uncounted);
        self.containers.merge(other.containers);
        self.last = self.last.max(other.last);
    }

    fn setting(&mut self, setting: Setting, seen: Seen) {
        if self.settings.len() >= MANY && !self.settings.contains_key(&setting) {
            self.uncounted = self.uncounted.saturating_add(seen.count);
            return;
        }
        self.settings.entry(setting).or_default().merge(seen);
    }

    fn nothing(&mut self, about: (String, String), seen: Seen) {
        if self.rest.len() >= MANY && !self.rest.contains_key(&about) {
            self.uncounted = self.uncounted.saturating_add(seen.count);
            return;
        }
        self.rest.entry(about).or_default().merge(seen);
    }
}

/// `sh (/bin/busybox)`; the program alone where it is called so.
fn program(denial: &Denial) -> String {
    let comm = &denial.process.comm;
    match &denial.process.exe {
        Some(exe) if exe.rsplit('/').next() == Some(comm) => exe.clone(),
        Some(exe) => format!("{comm} ({exe})"),
        None => comm.clone(),
    }
}
