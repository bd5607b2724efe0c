//! Records that are taken out of the ring together.

use probe_common::{
    container::PROFILE_CANARY,
    record::{self, Record},
};

#[derive(Default)]
pub struct Batch {
    pub records: Vec<Record>,
    /// Records that this agent cannot read. Denials, as far as anybody can tell.
    pub malformed: u64,
}

impl Batch {
    /// Reads one more.
    pub fn add(&mut self, item: &[u8]) {
        match record::parse(item) {
            Ok(found) if is_canary(&found) => {}
            Ok(found) => self.records.push(found),
            Err(error) => {
                log::warn!("{error}");
                self.malformed += 1;
            }
        }
    }

    /// How many denials it stands for.
    pub fn denials(&self) -> u64 {
        let is_denial = |record: &&Record| matches!(record, Record::Denial(_));
        self.records.iter().filter(is_denial).count() as u64 + self.malformed
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.malformed == 0
    }
}

impl From<Vec<Record>> for Batch {
    fn from(records: Vec<Record>) -> Self {
        Self {
            records,
            malformed: 0,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_counted() {
        let mut batch = Batch::default();
        assert!(batch.is_empty());
        batch.add(b"no record");
        batch.add(&[0; 4096]);
        assert_eq!((batch.denials(), batch.is_empty()), (2, false));
    }
}
