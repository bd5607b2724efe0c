//! What can be wrong with what is to be explained.

use std::{io, path::PathBuf};

use crate::exit::Exit;

#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    #[error("{program} has no option {flag}")]
    Flag {
        program: &'static str,
        flag: String,
        nearest: Option<String>,
    },
    /// Anything else that the runtime would not take either.
    #[error("{0}")]
    Usage(String),
    #[error("cannot read {}", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: {problem}", path.display())]
    Malformed { path: PathBuf, problem: String },
    #[error("no container {0:?} is running here")]
    NoContainer(String),
}

impl ExplainError {
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::Flag { .. } | Self::Usage(_) | Self::Malformed { .. } => Exit::Usage,
            Self::Unreadable { .. } | Self::NoContainer(_) => Exit::Failed,
        }
    }

    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Flag { nearest, .. } => {
                nearest.as_ref().map(|name| format!("did you mean {name}?"))
            }
            Self::NoContainer(_) => {
                Some("give its name, or how its id begins; `sudo` may be needed to see it".into())
            }
            _ => None,
        }
    }
}
