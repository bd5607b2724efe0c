//! Lines, and what else comes out of the ring.

use probe_common::record::{self, ContainerMade, Header, KIND_CONTAINER, Record};
use zerocopy::{FromZeros, IntoBytes};

use super::{
    super::{Line, Lost, Stopped, VERSION},
    BASELINE, decoder, mount, put, web,
};
use crate::explain::Refusal;

pub fn lost(count: u64) -> Line {
    Line::Lost(Lost {
        v: VERSION,
        seq: Some(7),
        time: "2026-11-22T05:12:10.000000Z".to_owned(),
        node: "web-3".to_owned(),
        rule: "lost".to_owned(),
        count,
        cause: "ring".to_owned(),
    })
}

/// A runtime has made a container's cgroup, as it comes out of the ring.
pub fn made(cgroup: u64, id: &str) -> Record {
    let mut made = ContainerMade::new_zeroed();
    made.header = Header {
        kind: KIND_CONTAINER,
        version: record::VERSION,
        size: size_of::<ContainerMade>() as u32,
        time: 0,
    };
    made.cgroup = cgroup;
    put(&mut made.id, id.as_bytes());
    record::parse(made.as_bytes()).unwrap()
}

/// A container that ran already.
pub fn stopped(failure: Option<&str>) -> Line {
    let Line::Denial(denial) = line(&mount(), 1) else {
        unreachable!()
    };
    let verdict = if failure.is_none() {
        "stopped"
    } else {
        "running"
    };
    Line::Stopped(Box::new(Stopped {
        v: denial.v,
        seq: 1,
        time: denial.time,
        node: denial.node,
        verdict: verdict.to_owned(),
        rule: "host-path".to_owned(),
        container: denial.container,
        refusals: vec![Refusal {
            rule: "host-path".to_owned(),
            asked: "/etc at /x, writable".to_owned(),
            at: "its mount /x".to_owned(),
            allowed: "none".to_owned(),
            said: None,
            advice: "leave it out".to_owned(),
            is_setting: false,
        }],
        failure: failure.map(str::to_owned),
    }))
}

pub fn line(record: &record::Denial, seq: u64) -> Line {
    let mut line = Line::Denial(Box::new(decoder().denial(record, web(), BASELINE)));
    line.set_seq(seq);
    line
}
