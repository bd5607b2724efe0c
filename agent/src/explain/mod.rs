//! What would happen to a container, and why: what was asked for is read from a command line, a
//! bundle, a pod or a running container, and decided as the probe would.
//!
//! Input → [`Asked`] → refusals → [`Answer`]. Nothing here needs root or the agent.

mod advice;
mod answer;
mod bundle;
mod command;
mod decide;
mod error;
mod exec;
mod flags;
mod host;
mod options;
mod own;
mod pod;
mod run;
mod running;
mod settings;
mod spec;
#[cfg(test)]
mod tests;
mod text;
mod volumes;
mod yaml;

use std::path::PathBuf;

pub use answer::{Answer, Verdict, answer, refusals};
pub use bundle::read as bundle;
pub use command::read as command;
pub use decide::Refusal;
pub use error::ExplainError;
pub use host::Host;
pub use pod::read as pod;
use probe_common::{admission::Facts, container::bit};
pub use running::{find as running, read as process};

use crate::{
    capabilities,
    containers::{Info, Lookup},
};

/// What a setting of the input is about, so that a refusal can say where it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Capability(u32),
    /// Its place in the order of `probe_common::label`.
    Namespace(usize),
    /// Its place in `admission::FILESYSTEMS`.
    Filesystem(usize),
    /// A rule that is broken or not.
    Rule(u32),
}

/// A container that somebody wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Which of several: `spec.initContainers[0]`.
    pub title: Option<String>,
    pub info: Info,
    pub facts: Facts,
    pub mounts: Vec<HostMount>,
    /// Devices of the host that get a node in it.
    pub devices: Vec<String>,
    /// Who asked for what, in the words of the input.
    pub reasons: Vec<(About, String)>,
    /// What the input does not say and is taken for granted.
    pub assumptions: Vec<String>,
}

/// A part of the host in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostMount {
    pub host_path: PathBuf,
    /// Other paths of the same, where the host has mounted a filesystem twice.
    pub elsewhere: Vec<PathBuf>,
    pub container_path: String,
    pub read_only: bool,
    pub below: Below,
    pub kind: Kind,
    /// Where it was asked for.
    pub at: String,
}

/// Filesystems that the host has mounted below a host path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    Left,
    Taken,
    TakenReadOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bind,
    /// An overlay over it, which no anchor covers.
    Overlay,
    /// A filesystem on this disk.
    Disk,
}

impl Asked {
    fn new(info: Info) -> Self {
        Self {
            info: Info {
                lookup: Lookup::Resolved,
                ..info
            },
            ..Self::default()
        }
    }

    fn capability(&mut self, number: u32, at: &str) {
        self.facts.capabilities |= 1 << (number & 63);
        self.reasons
            .push((About::Capability(number), at.to_owned()));
    }

    fn capabilities(&mut self, set: u64, at: &str) {
        for number in capabilities::numbers(set) {
            self.capability(number, at);
        }
    }

    fn namespace(&mut self, place: usize, at: &str) {
        self.facts.namespaces |= 1 << (place & 31);
        self.reasons.push((About::Namespace(place), at.to_owned()));
    }

    fn filesystem(&mut self, place: usize, at: &str) {
        self.facts.filesystems |= 1 << (place & 31);
        self.reasons.push((About::Filesystem(place), at.to_owned()));
    }

    fn breaks(&mut self, rule: u32, at: &str) {
        self.facts.broken |= bit(rule);
        self.reasons.push((About::Rule(rule), at.to_owned()));
    }

    /// The first that asked for it.
    fn why(&self, about: About) -> Option<&str> {
        let mut reasons = self.reasons.iter();
        reasons
            .find(|(of, _)| *of == about)
            .map(|(_, at)| at.as_str())
    }

    fn assume(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.assumptions.contains(&text) {
            self.assumptions.push(text);
        }
    }
}
