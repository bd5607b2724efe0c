//! The ring: records from the probe, parsed as they come.

use aya::maps::{MapData, RingBuf};
use log::warn;
use probe_common::{
    container::PROFILE_CANARY,
    record::{self, Record},
};
use tokio::io::unix::AsyncFd;

use super::ProbeError;

/// Records returned at once, so that one storm does not keep the loop from everything else.
const BATCH: usize = 256;

pub struct Ring(AsyncFd<RingBuf<MapData>>);

impl Ring {
    pub(super) fn new(ring: RingBuf<MapData>) -> Result<Self, ProbeError> {
        crate::descriptor::watch(ring)
            .map(Self)
            .map_err(ProbeError::Ring)
    }

    /// Waits for records. A malformed one is logged, with its size, and left out.
    ///
    /// # Errors
    /// If the ring can no longer be waited for.
    pub async fn next(&mut self) -> Result<Vec<Record>, ProbeError> {
        loop {
            let mut guard = self.0.readable_mut().await.map_err(ProbeError::Ring)?;
            let ring = guard.get_inner_mut();
            let mut batch = Vec::new();
            while batch.len() < BATCH {
                let Some(item) = ring.next() else { break };
                match record::parse(&item) {
                    Ok(found) if is_canary(&found) => {}
                    Ok(found) => batch.push(found),
                    Err(error) => warn!("{error}"),
                }
            }
            if batch.len() < BATCH {
                guard.clear_ready();
            }
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }
}

/// The canary's refusal is the agent's own doing, at every start.
fn is_canary(found: &Record) -> bool {
    match found {
        Record::Denial(denial) => denial.profile == PROFILE_CANARY,
        Record::ContainerMade(made) => made.name.starts_with(crate::canary::SCOPE.as_bytes()),
    }
}
