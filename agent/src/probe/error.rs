//! What can keep the probe from starting or working.

use std::io;

use aya::maps::MapError;

use super::{PinError, layout};
use crate::exit::Exit;

#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("{} cannot be read: {reason}", layout::BTF)]
    Btf { reason: String },
    #[error("this kernel's BTF lacks {0}")]
    Fields(String),
    #[error("the kernel refuses the probe")]
    Load(#[source] aya::EbpfError),
    #[error("the kernel's tasks cannot be walked: {0}")]
    Iterator(String),
    #[error("not every hook could be attached:\n  {0}")]
    Hooks(String),
    #[error("the probe has no map {0}")]
    NoMap(&'static str),
    #[error("map {map} cannot be used")]
    Map {
        map: &'static str,
        #[source]
        source: MapError,
    },
    #[error("the probe cannot be read: {0}")]
    Object(String),
    #[error(transparent)]
    Pins(#[from] PinError),
    #[error("the cgroup tree cannot be read")]
    Cgroups(#[source] io::Error),
    #[error("the ring cannot be waited for")]
    Ring(#[source] io::Error),
}

impl ProbeError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Ring(_) | Self::Map { .. } | Self::NoMap(_) | Self::Object(_) => Exit::Failed,
            _ => Exit::Host,
        }
    }

    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Load(_) => Some(
                "the kernel needs CONFIG_BPF_LSM, and the caller CAP_SYS_ADMIN; lockdown in \
                 confidentiality mode forbids it too"
                    .into(),
            ),
            Self::Hooks(_) => Some(
                "Bulkhead is tested on Linux 6.1, 6.12, 6.18 and 7.3; what a kernel lacks the policy \
                 can do without: allow_missing = [\"RULE\"]"
                    .into(),
            ),
            Self::Btf { .. } | Self::Fields(_) => {
                Some("Bulkhead is tested on Linux 6.1, 6.12, 6.18 and 7.3".into())
            }
            Self::Pins(error) => error.hint(),
            _ => None,
        }
    }
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> ProbeError {
    ProbeError::Object(error.to_string())
}
