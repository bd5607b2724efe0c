//! The local socket: one JSON object a line, a request and what answers it.
//!
//! The folder is root's alone, so who can connect is root.

mod answer;
pub mod client;
mod filter;
mod hub;
mod memory;
mod place;
mod server;

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use answer::{Answer, Applied, OnTrial, Refused, Reply};
pub use filter::Filter;
pub use hub::{Feed, Hub, READER, Subscription};
pub use memory::{Memory, Past, Taken};
pub use place::{bind, make_folder};
pub use server::serve;

use crate::exit::Exit;

/// Name of the socket in its folder.
pub const NAME: &str = "bulkhead.sock";

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

#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("no agent is running")]
    NoAgent,
    #[error("cannot connect to {}", path.display())]
    Connect { path: PathBuf, source: io::Error },
    #[error("lost the agent")]
    Talk(#[source] io::Error),
    #[error("the agent does not answer")]
    Silent,
    #[error("the agent refused: {0}")]
    Refused(String),
    #[error("{0}")]
    Failed(String, Exit, Option<String>),
    #[error("the agent answered in a way this version does not understand")]
    Answer(#[source] serde_json::Error),
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    #[error("{} is in the way: it is no socket", .0.display())]
    InTheWay(PathBuf),
    #[error("cannot make the socket {}", path.display())]
    Bind { path: PathBuf, source: io::Error },
}

impl SocketError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Failed(_, exit, _) => *exit,
            _ => Exit::Failed,
        }
    }

    /// The one concrete thing to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoAgent => Some("start it with `bulkhead run`".to_owned()),
            Self::Connect { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("the socket is root's: try with sudo".to_owned())
            }
            Self::Failed(.., hint) => hint.clone(),
            Self::Silent => Some("it may be starting or ending: try again".to_owned()),
            Self::InTheWay(path) => Some(format!(
                "look at it and remove it: rm -r {}",
                path.display()
            )),
            _ => None,
        }
    }
}
