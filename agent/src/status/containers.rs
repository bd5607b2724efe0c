//! Containers as `bulkhead ps` shows them.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::DirEntryExt,
    path::{Path, PathBuf},
};

use probe_common::label;
use serde::{Deserialize, Serialize};

use super::process::{self, Process};
use crate::{
    containers::{Info, Lookup},
    explain::{self, Host, Refusal},
    policy::{Mode, Profile},
};

/// Directories looked at in one search, so that a host full of cgroups costs a bounded time.
const BOUND: usize = 50_000;
const HIERARCHY: &str = "sys/fs/cgroup";

/// When a container's profile was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assigned {
    /// It ran already when the agent started.
    #[default]
    AtStart,
    /// When its cgroup was made.
    InTime,
    /// Later: what it ran before has the default.
    Late,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: Option<String>,
    pub name: Option<String>,
    pub image: Option<String>,
    pub runtime: Option<String>,
    pub cgroup_id: u64,
    /// Path below `/sys/fs/cgroup`.
    pub cgroup: Option<String>,
    pub profile: String,
    pub mode: Mode,
    /// Whether name and image are known.
    pub lookup: Lookup,
    pub assigned: Assigned,
    /// How much of it was refused since the agent knows it.
    pub denied: u64,
    /// The same for what was only reported.
    pub audited: u64,
    /// Of its processes the one that has run longest; `None` where there is none.
    pub process: Option<Process>,
    /// What that has and its profile would not let in today.
    pub would_refuse: Vec<Refusal>,
}

/// Containers whose processes are still to be looked at, which may block.
#[derive(Debug)]
pub struct Look {
    pub root: PathBuf,
    /// Each with what is known of it, and its profile.
    pub of: Vec<(Row, Info, Profile)>,
}

impl Look {
    pub fn rows(self) -> Vec<Row> {
        let places = self.of.iter().map(|(row, ..)| row.cgroup_id);
        let mut places: HashMap<u64, Place> = places.map(|id| (id, Place::default())).collect();
        let hierarchy = self.root.join(HIERARCHY);
        search(&hierarchy, &mut places);
        let host = Host::read(&self.root);
        let one = |(mut row, info, profile): (Row, Info, Profile)| {
            let place = places.remove(&row.cgroup_id).unwrap_or_default();
            let below = place.path.as_deref().and_then(|path| {
                let below = path.strip_prefix(&hierarchy).ok()?;
                Some(format!("/{}", below.display()))
            });
            row.cgroup = row.cgroup.or(below);
            row.process = process::first(&self.root, &place.processes);
            // One that has gone meanwhile has nothing any more; without the host's mounts nobody can
            // say what is the host's.
            if !host.mounts().is_empty()
                && let Some(process) = &row.process
                && let Ok(asked) = explain::process(process.pid, info, &host)
            {
                row.would_refuse = explain::refusals((&row.profile, &profile), &asked, &host);
            }
            row
        };
        self.of.into_iter().map(one).collect()
    }
}

/// Where a container's cgroup is, and the processes in it and below.
#[derive(Default)]
struct Place {
    path: Option<PathBuf>,
    processes: Vec<u32>,
}

/// One search for all of them. What is inside a container's cgroup is that container's.
fn search(hierarchy: &Path, places: &mut HashMap<u64, Place>) {
    let mut open: Vec<(PathBuf, Option<u64>)> = vec![(hierarchy.to_owned(), None)];
    let mut seen = 0;
    while let Some((dir, owner)) = open.pop() {
        if let Some(place) = owner.and_then(|owner| places.get_mut(&owner)) {
            let text = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
            place
                .processes
                .extend(text.lines().flat_map(str::parse::<u32>));
        }
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            seen += 1;
            if seen > BOUND {
                return;
            }
            let mut owner = owner;
            if owner.is_none()
                && let Some(place) = places.get_mut(&entry.ino())
            {
                place.path = Some(entry.path());
                owner = Some(entry.ino());
            }
            open.push((entry.path(), owner));
        }
    }
}

/// The names of namespaces by their bits.
pub(super) fn namespaces(bits: u32) -> Vec<String> {
    let all = label::NAMES.iter().enumerate();
    let set = all.filter(|(place, _)| bits >> place & 1 == 1);
    set.map(|(_, name)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests;
