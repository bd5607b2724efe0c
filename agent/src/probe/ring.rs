//! The ring: records from the probe, parsed as they come.

use aya::maps::{Map, MapData, MapError, RingBuf};
use log::warn;
use probe_common::{
    container::PROFILE_CANARY,
    record::{self, Record},
};
use tokio::io::unix::AsyncFd;

use super::{ProbeError, tables::failed};

/// Records returned at once, so that one storm does not keep the loop from everything else.
const BATCH: usize = 64;

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
                batch.extend(read(&item));
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

/// All that is in a ring which nobody writes into any more.
pub(super) fn drain(ring: Result<MapData, MapError>) -> Result<Vec<Record>, ProbeError> {
    let ring = ring.and_then(|data| RingBuf::try_from(Map::RingBuf(data)));
    let mut ring = ring.map_err(failed("RING"))?;
    let mut left = Vec::new();
    while let Some(item) = ring.next() {
        left.extend(read(&item));
    }
    Ok(left)
}

fn read(item: &[u8]) -> Option<Record> {
    match record::parse(item) {
        Ok(found) => Some(found).filter(|found| !is_canary(found)),
        Err(error) => {
            warn!("{error}");
            None
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
