//! Stub of the probe's loader, so that the agent compiles until the real one is merged.

use probe_common::record::Record;

use crate::{anchors, exit::Exit, policy::Mode};

pub struct Settings<'a> {
    pub mode: Mode,
    pub anchors: &'a anchors::Table,
    pub kernel_log: bool,
}

pub struct HookState {
    pub name: &'static str,
    pub rule: Option<&'static str>,
    pub state: State,
}

#[expect(dead_code, reason = "built by the real loader")]
pub enum State {
    Active,
    Absent(String),
    Failed(String),
}

pub struct Counters {
    pub lost: u64,
    pub containers: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("this build has no probe")]
    None,
}

impl ProbeError {
    pub fn exit(&self) -> Exit {
        Exit::Host
    }

    pub fn hint(&self) -> Option<String> {
        None
    }
}

pub struct Probe;

impl Probe {
    pub fn start(settings: &Settings<'_>) -> Result<Self, ProbeError> {
        let _ = (settings.mode, settings.anchors, settings.kernel_log);
        Err(ProbeError::None)
    }

    pub fn hooks(&self) -> &[HookState] {
        &[]
    }

    pub fn ring(&mut self) -> Result<Ring, ProbeError> {
        Ok(Ring)
    }

    pub fn counters(&self) -> Result<Counters, ProbeError> {
        Err(ProbeError::None)
    }

    pub fn set_mode(&mut self, _mode: Mode) -> Result<(), ProbeError> {
        Err(ProbeError::None)
    }

    pub fn set_anchors(&mut self, _table: &anchors::Table) -> Result<(), ProbeError> {
        Err(ProbeError::None)
    }

    pub fn container_peers(
        &mut self,
        _cgroup: u64,
        _peers: [Option<&str>; 2],
    ) -> Result<(), ProbeError> {
        Err(ProbeError::None)
    }
}

pub struct Ring;

impl Ring {
    pub async fn next(&mut self) -> Result<Vec<Record>, ProbeError> {
        Err(ProbeError::None)
    }
}
