//! The ring: records from the probe, parsed as they come.

use aya::maps::{Map, MapData, MapError, RingBuf};
use tokio::io::unix::AsyncFd;

use super::{Batch, ProbeError, tables::failed};

/// Records returned at once, so that neither a storm nor containers that take long to look up keep the
/// loop from everything else.
const BATCH: usize = 16;

pub struct Ring(AsyncFd<RingBuf<MapData>>);

impl Ring {
    pub(super) fn new(ring: RingBuf<MapData>) -> Result<Self, ProbeError> {
        crate::descriptor::watch(ring)
            .map(Self)
            .map_err(ProbeError::Ring)
    }

    /// Waits for records. A malformed one is logged, with its size, and counted.
    ///
    /// # Errors
    /// If the ring can no longer be waited for.
    pub async fn next(&mut self) -> Result<Batch, ProbeError> {
        loop {
            let mut guard = self.0.readable_mut().await.map_err(ProbeError::Ring)?;
            let ring = guard.get_inner_mut();
            let mut batch = Batch::default();
            let mut taken = 0;
            while taken < BATCH {
                let Some(item) = ring.next() else { break };
                batch.add(&item);
                taken += 1;
            }
            if taken < BATCH {
                guard.clear_ready();
            }
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }
}

/// Adds all that is in a ring which nobody writes into any more.
pub(super) fn drain(ring: Result<MapData, MapError>, batch: &mut Batch) -> Result<(), ProbeError> {
    let ring = ring.and_then(|data| RingBuf::try_from(Map::RingBuf(data)));
    let mut ring = ring.map_err(failed("RING"))?;
    while let Some(item) = ring.next() {
        batch.add(&item);
    }
    Ok(())
}
