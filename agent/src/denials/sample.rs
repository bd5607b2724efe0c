//! Records as the probe sends them, for tests.

use probe_common::{
    record::{self, ContainerMade, Header, KIND_CONTAINER, KIND_DENIAL, Record},
    rule::{causes, hooks, rules, verdicts},
};
use zerocopy::{FromZeros, IntoBytes};

use super::{Line, Lost, clock::Clock, decode::Decoder};
use crate::containers::{Info, Lookup};

pub fn decoder() -> Decoder {
    Decoder {
        node: "web-3".to_owned(),
        clock: Clock::booted_at(1_795_324_329_000_000_000),
    }
}

pub fn web() -> Info {
    Info {
        id: Some("2f".repeat(32)),
        name: Some("web".to_owned()),
        image: Some("nginx:1.27".to_owned()),
        runtime: Some("docker"),
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}

pub fn put(field: &mut [u8], bytes: &[u8]) {
    field.fill(0);
    field[..bytes.len()].copy_from_slice(bytes);
}

fn empty(rule: u32, hook: u32) -> record::Denial {
    let mut r = record::Denial::new_zeroed();
    r.header = Header {
        kind: KIND_DENIAL,
        version: record::VERSION,
        size: size_of::<record::Denial>() as u32,
        time: 402_113_999,
    };
    (r.container, r.cgroup) = (179, 179);
    (r.rule, r.hook, r.verdict) = (rule, hook, verdicts::DENIED);
    (r.pid, r.tid, r.ppid) = (394, 394, 371);
    r.syscall = u32::MAX;
    put(&mut r.container_id, "2f".repeat(32).as_bytes());
    put(&mut r.comm, b"head");
    r
}

/// `docker run -v /:/tmp`.
pub fn host_path() -> record::Denial {
    let mut r = empty(rules::HOST_PATH, hooks::BPRM_CHECK_SECURITY);
    (r.cause, r.violations, r.syscall) = (causes::UNANCHORED, 1, 59);
    (r.dev, r.ino) = (259 << 20, 2);
    r.path_lengths = 4 << 16;
    put(&mut r.path, b"tmp\0");
    put(&mut r.fs, b"ext4");
    put(&mut r.exe, b"/bin/head");
    r
}

/// `mount /dev/sda1 /mnt/x`.
pub fn mount() -> record::Denial {
    let mut r = empty(rules::MOUNT, hooks::SB_MOUNT);
    r.syscall = 165;
    r.path_lengths = 9 | 6 << 16;
    put(&mut r.host_path, b"/dev/sda1");
    put(&mut r.path, b"x\0mnt\0");
    put(&mut r.comm, b"mount");
    r
}

/// `nsenter -t 1 -m`.
pub fn setns() -> record::Denial {
    let mut r = empty(rules::SETNS, hooks::CAPABLE);
    (r.namespace, r.syscall) = (4_026_531_840, 308);
    r
}

/// `kill -9 1` with `--pid=host`.
pub fn kill() -> record::Denial {
    let mut r = empty(rules::FOREIGN_PROCESS, hooks::TASK_KILL);
    (r.target_pid, r.detail) = (1, 9);
    put(&mut r.target_comm, b"systemd");
    r
}

pub fn lost(count: u64) -> Line {
    Line::Lost(Lost {
        v: super::VERSION,
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

pub fn line(record: &record::Denial, seq: u64) -> Line {
    let mut line = Line::Denial(Box::new(decoder().denial(record, web())));
    line.set_seq(seq);
    line
}
