//! A record as it comes out of the ring, to the line that is given out.
#![no_main]

use bulkhead_fuzz::{
    containers::{Info, Lookup},
    denials::{Holder, Line, clock::Clock, decode},
    output::json,
    policy::Allowed,
};
use libfuzzer_sys::{Corpus, fuzz_target};
use probe_common::record::{self, Record};

const SIZE: usize = size_of::<record::Denial>();

fuzz_target!(|data: &[u8]| -> Corpus {
    // Without a right head nothing follows: most inputs get one.
    let mut bytes = data.to_vec();
    if data.len().is_multiple_of(2) {
        bytes.resize(SIZE, 0);
        bytes[..2].copy_from_slice(&record::KIND_DENIAL.to_le_bytes());
        bytes[2..4].copy_from_slice(&record::VERSION.to_le_bytes());
        bytes[4..8].copy_from_slice(&(SIZE as u32).to_le_bytes());
    }
    match record::parse(&bytes) {
        Ok(Record::Denial(denial)) => given_out(&denial),
        Ok(Record::ContainerMade(made)) => drop(decode::container_id(&made.id)),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return Corpus::Reject;
        }
    }
    Corpus::Keep
});

fn given_out(record: &record::Denial) {
    let decoder = decode::Decoder {
        node: "web-3".to_owned(),
        clock: Clock::booted_at(1_795_324_329_000_000_000),
    };
    let info = Info {
        lookup: Lookup::Failed,
        ..Info::default()
    };
    let holder = Holder {
        profile: "baseline",
        allowed: Allowed::BASELINE,
    };
    let line = Line::Denial(Box::new(decoder.denial(record, info, holder)));
    let text = json(&line);
    assert!(!text.chars().any(char::is_control), "{text}");
    assert!(text.len() < 16 << 10, "{} bytes", text.len());
    let read: Line = serde_json::from_str(&text).expect("what was written can be read");
    assert!(read == line, "{text}");
}
