//! The local socket: one JSON object a line, a request and what answers it.
//!
//! The folder is root's alone, so who can connect is root.

mod answer;
pub mod client;
mod filter;
mod hub;
mod memory;
mod place;
mod request;
mod server;

use std::{io, path::PathBuf};

pub use answer::{Answer, Applied, OnTrial, Refused, Reply};
pub use filter::Filter;
pub use hub::{Feed, Hub, READER, Subscription};
pub use memory::{Memory, Past, Taken};
pub use place::{bind, make_folder};
pub use request::{Hello, Position, Request, Tail, Try};
pub use server::serve;

use crate::exit::Exit;

/// Name of the socket in its folder.
pub const NAME: &str = "bulkhead.sock";

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
            Self::NoAgent => Some(
                "start it: `systemctl start bulkhead`, or `bulkhead run` where no package is"
                    .to_owned(),
            ),
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
