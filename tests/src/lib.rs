//! What the scenarios are made of: the attacker, and the fixtures that start containers and agents.
//!
//! The attacker (`actor`) does one forbidden thing by direct system calls and exits with the errno.
//! The scenarios (`tests/main.rs`) let it loose in containers: without an agent, with one, and with
//! one that only audits.

#![deny(unsafe_code)]

pub mod actor;
pub mod agent;
pub mod attack;
pub mod bundle;
pub mod calls;
pub mod command;
pub mod cri;
pub mod crowd;
pub mod docker;
pub mod docker_api;
pub mod explain;
pub mod gift;
pub mod host;
pub mod judge;
pub mod kernel;
pub mod lines;
pub mod outcome;
#[expect(
    unsafe_code,
    reason = "system calls that no crate wraps; the only such file"
)]
pub mod raw;
pub mod record;
pub mod resident;
pub mod sockets;
pub mod stage;
pub mod tools;
pub mod workload;
