//! Denials as the agent gives them out: one JSON object a line, `docs/denial.schema.json`.
//!
//! The fields stand in the order in which they are written.

mod advice;
pub mod clock;
pub mod decode;
mod paths;
pub mod settings;
mod syscalls;
mod tally;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use tally::{Tally, Untold};

use crate::{
    containers::Lookup,
    explain::Refusal,
    policy::{Access, Allowed, Mode},
};

/// Version of the format.
pub const VERSION: u32 = 1;

/// The profile of a container that did something.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    pub profile: &'a str,
    pub allowed: Allowed,
}

/// One line of output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Line {
    Denial(Box<Denial>),
    Stopped(Box<Stopped>),
    Lost(Lost),
}

/// One refused act, or in audit mode one that would have been refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Denial {
    /// Version of this format.
    pub v: u32,
    /// Number of the line, without gaps; a new agent goes on with it until the machine starts anew.
    pub seq: u64,
    /// When it happened, RFC 3339 in UTC with microseconds.
    pub time: String,
    /// Name of this host.
    pub node: String,
    /// `denied`, or `audited` where it was only reported.
    pub verdict: String,
    pub mode: Mode,
    pub rule: String,
    /// The kernel's name of the hook that decided.
    pub hook: String,
    /// MITRE ATT&CK techniques.
    pub attack: Vec<String>,
    pub container: Container,
    pub process: Process,
    pub target: Target,
    /// Why, where the rule alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// All that the profile does not let in, for the admission of a container; `target` shows the
    /// first mount of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// How many more mounts violate the policy that are not named in `violations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<u32>,
    /// Name of the system call, or its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syscall: Option<String>,
    /// How many denials like this one followed it within a second and are not lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<u64>,
    /// What to do if this is wanted.
    pub hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    pub id: Option<String>,
    pub name: Option<String>,
    pub image: Option<String>,
    pub runtime: Option<String>,
    pub profile: String,
    pub cgroup_id: u64,
    /// Path below `/sys/fs/cgroup`, where the id did not tell which container it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
    /// Whether name and image are known.
    pub lookup: Lookup,
    /// It has no cgroup that tells containers apart: it gets what an `assign` says of its runtime alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_descent: bool,
}

/// Who tried it; ids are those of the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    pub pid: u32,
    pub tid: u32,
    pub ppid: u32,
    pub uid: u32,
    pub comm: String,
    pub exe: Option<String>,
}

/// What it was tried on; only what the rule has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Target {
    /// The path on the host, for rule `foreign-file` in the mount namespace it belongs to; `…/` in
    /// front where it was too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<String>,
    /// Where in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What was to be mounted, as the caller wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Type of the filesystem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs: Option<String>,
    /// Major and minor number of the filesystem's device, for rule `device` of the device itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ino: Option<u64>,
    /// Number of the namespace to be entered or opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<u64>,
    /// The process to be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comm: Option<String>,
    /// The signal to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<u32>,
    /// Flags of the call, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u64>,
    /// Address of the socket to be reached; `@` in front where it is abstract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// The kernel module that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// What the hook was asked for, by its own number: the command of `bpf`, `file_ioctl` and
    /// `file_ioctl_compat`, the id of `kernel_read_file` and `kernel_load_data`, the reason of
    /// `locked_down`, the family of `socket_create`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<u32>,
}

/// One thing that a container has and its profile does not let in; only what the rule has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Violation {
    pub rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The path on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<String>,
    /// Where in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What the host path would have to be let in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Capabilities on the host, without `CAP_`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Namespaces of the host, as in `/proc/PID/ns`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Types of kernel filesystems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filesystems: Vec<String>,
}

/// A container that ran already and has what its profile refuses: the policy says
/// `existing = "stop"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stopped {
    pub v: u32,
    pub seq: u64,
    pub time: String,
    pub node: String,
    /// `stopped`, or `running` where its runtime did not stop it.
    pub verdict: String,
    /// The first of the refusals.
    pub rule: String,
    pub container: Container,
    pub refusals: Vec<Refusal>,
    /// Why it was not stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Denials that happened and are no lines: the kernel's ring was full, a container had used up its
/// budget, or this reader or output was too slow or did not take them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    pub v: u32,
    /// Missing where the line is about one reader or output that did not get them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    pub time: String,
    pub node: String,
    /// Always `lost`.
    pub rule: String,
    pub count: u64,
    /// `ring`, `budget`, `agent`, `malformed`, `reader`, `export`, `journal` or `otlp`; `history` where
    /// so many lines are gone from the agent's memory.
    pub cause: String,
}

impl Line {
    /// How many denials are lost with this line.
    pub fn denials(&self) -> u64 {
        match self {
            Self::Denial(denial) => denial.repeated.unwrap_or(1),
            Self::Stopped(_) => 1,
            Self::Lost(lost) => lost.count,
        }
    }

    /// That so many were lost, without a number.
    pub fn lost(count: u64, cause: &str, node: &str) -> Self {
        Self::Lost(Lost {
            v: VERSION,
            seq: None,
            time: clock::now(),
            node: node.to_owned(),
            rule: "lost".to_owned(),
            count,
            cause: cause.to_owned(),
        })
    }

    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::Denial(denial) => Some(denial.seq),
            Self::Stopped(stopped) => Some(stopped.seq),
            Self::Lost(lost) => lost.seq,
        }
    }

    pub fn set_seq(&mut self, seq: u64) {
        match self {
            Self::Denial(denial) => denial.seq = seq,
            Self::Stopped(stopped) => stopped.seq = seq,
            Self::Lost(lost) => lost.seq = Some(seq),
        }
    }

    pub fn time(&self) -> &str {
        match self {
            Self::Denial(denial) => &denial.time,
            Self::Stopped(stopped) => &stopped.time,
            Self::Lost(lost) => &lost.time,
        }
    }
}

impl Violation {
    /// What of it has names: capabilities, namespaces or filesystems; a rule has one of them.
    pub fn names(&self) -> &[String] {
        let all = [&self.capabilities, &self.namespaces, &self.filesystems];
        all.into_iter()
            .find(|names| !names.is_empty())
            .map_or(&[], Vec::as_slice)
    }
}

#[cfg(any(test, feature = "bench"))]
pub mod sample;
#[cfg(test)]
mod schema;
