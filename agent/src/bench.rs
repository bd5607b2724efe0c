//! For `benches/`: the way of a denial from the ring's bytes to a line of JSON.

use std::{path::Path, time::Instant};

use probe_common::record::{self, Record};
use zerocopy::IntoBytes as _;

use crate::{
    containers::{Containers, Key},
    denials::{
        Line,
        decode::{self, Decoder},
        sample,
    },
    output::Formatter,
};

/// What the agent does with each record, of a container that it knows.
pub struct Way {
    containers: Containers,
    decoder: Decoder,
    formatter: Formatter,
    now: Instant,
}

/// One denial of every kind, as the probe sends them.
pub fn records() -> Vec<Vec<u8>> {
    let all = sample::denials();
    all.iter()
        .map(|record| record.as_bytes().to_owned())
        .collect()
}

impl Default for Way {
    fn default() -> Self {
        let mut way = Self {
            containers: Containers::new(Path::new("/nowhere")),
            decoder: sample::decoder(),
            formatter: Formatter::Json,
            now: Instant::now(),
        };
        for bytes in records() {
            if let Ok(Record::Denial(denial)) = record::parse(&bytes) {
                let known = Some(sample::web());
                way.containers.answered(denial.container, known, way.now);
            }
        }
        way
    }
}

impl Way {
    /// Decoded, and its container looked up. `None` if these bytes are no denial.
    pub fn resolve(&mut self, bytes: &[u8]) -> Option<Line> {
        let Ok(Record::Denial(record)) = record::parse(bytes) else {
            return None;
        };
        let id = decode::container_id(&record.container_id);
        let key = Key {
            identity: record.container,
            cgroup: record.cgroup,
            id: &id,
        };
        let info = self.containers.find(key, self.now);
        let denial = self.decoder.denial(&record, info, sample::BASELINE);
        Some(Line::Denial(Box::new(denial)))
    }

    /// As text, with its end.
    pub fn print(&self, line: &Line, out: &mut String) {
        out.push_str(&self.formatter.format(line));
        out.push('\n');
    }
}
