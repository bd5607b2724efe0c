//! What a client says first, and the first line that answers `tail`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Filter;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    Status,
    Tail(Tail),
    Ps,
    /// The policy is read again.
    Reload,
    /// A policy on trial.
    Try(Try),
    /// The policy in force for so many seconds, as if it were in audit mode.
    Audit {
        seconds: u64,
    },
    /// The policy on trial stays.
    Confirm,
    /// The policy on trial is taken back.
    Cancel,
    /// The programs are taken off, and the agent ends.
    Unload,
}

/// A policy on trial. The text comes with it, so that the agent need not be able to read the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// Where the text is from, for messages.
    pub path: PathBuf,
    pub text: String,
    /// How long it is in force unless it is confirmed.
    pub seconds: u64,
}

/// What `tail` wants.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    #[serde(default)]
    pub filter: Filter,
    /// At most so many lines of the history; all of it without.
    pub lines: Option<usize>,
    /// Only what came after this.
    pub after: Option<Position>,
    pub follow: bool,
}

/// How far a reader has got. A new agent goes on with the numbers of the one before, if it knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Name of the count: numbers of another are other numbers.
    pub agent: String,
    pub seq: u64,
}

/// The first line that answers `tail`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    pub version: String,
    #[serde(flatten)]
    pub position: Position,
    /// How many lines come that were there before.
    #[serde(default)]
    pub history: usize,
}
