//! What a process has, as `/proc` shows it.

use std::{fs, path::Path};

use probe_common::label::NAMES;
use serde::{Deserialize, Serialize};

use super::containers::namespaces;
use crate::{
    capabilities,
    proc::{self, Status},
};

/// Of `man 5 proc`: 2 is a filter, 1 the old strict mode.
const FILTER: &str = "2";
/// Where in `/proc/PID/stat` the time is at which it started, counted from the word after its name.
const START: usize = 19;

/// A container's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    /// Real user, as the host counts.
    pub user: u32,
    /// All that it has or can get: permitted, inheritable and bounding set, without `CAP_`. On the
    /// host they count only where `host_namespaces` has `user`.
    pub capabilities: Vec<String>,
    /// Namespaces of the host's that it is in.
    pub host_namespaces: Vec<String>,
    /// `off`, `strict` or `filter`.
    pub seccomp: String,
    pub no_new_privs: bool,
}

/// The process of these that has run longest. One that is gone is no error.
pub(super) fn first(root: &Path, processes: &[u32]) -> Option<Process> {
    let with_start = |pid: &u32| Some((started(root, *pid)?, *pid));
    let (_, pid) = processes.iter().filter_map(with_start).min()?;
    read(root, pid)
}

fn started(root: &Path, pid: u32) -> Option<u64> {
    let text = proc::text(&root.join(format!("proc/{pid}/stat"))).ok()?;
    // The name is in brackets and may have some itself.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(START)?.parse().ok()
}

fn read(root: &Path, pid: u32) -> Option<Process> {
    let status = Status::read(&root.join(format!("proc/{pid}"))).ok()?;
    let sets = ["CapPrm", "CapInh", "CapBnd"].map(|key| status.set(key));
    let capabilities = sets.into_iter().try_fold(0, |all, set| Some(all | set?))?;
    let [user, ..] = status.users()?;
    Some(Process {
        pid,
        user,
        capabilities: capabilities::names(capabilities),
        host_namespaces: namespaces(shared(root, pid)),
        seccomp: mode_of(status.of("Seccomp")?).to_owned(),
        no_new_privs: status.of("NoNewPrivs")? == "1",
    })
}

fn mode_of(seccomp: &str) -> &str {
    match seccomp {
        "0" => "off",
        "1" => "strict",
        FILTER => "filter",
        other => other,
    }
}

/// Namespaces that are those of the host's first process, as bits.
fn shared(root: &Path, pid: u32) -> u32 {
    let link =
        |pid: u32, name: &str| fs::read_link(root.join(format!("proc/{pid}/ns/{name}"))).ok();
    let is_hosts = |name: &&str| {
        let hosts = link(1, name);
        hosts.is_some() && hosts == link(pid, name)
    };
    let all = NAMES.iter().enumerate();
    all.filter(|(_, name)| is_hosts(name))
        .fold(0, |shared, (place, _)| shared | 1 << place)
}
