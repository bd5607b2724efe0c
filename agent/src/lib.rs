//! Bulkhead keeps containers from reaching the host: the daemon and its command line.
//!
//! Read in this order.
#![forbid(unsafe_code)]

mod cli;
mod exit;

mod policy;

mod anchors;
mod canary;
mod capabilities;
mod descriptor;
mod probe;
mod proc;

mod containers;
mod denials;
mod devices;
mod learn;
mod output;

mod agent;
mod events;
mod host;
mod metrics;
mod socket;
mod status;
mod watchdog;

mod explain;

mod doctor;

mod cmd;

#[cfg(test)]
mod repository;

#[cfg(feature = "bench")]
pub mod bench;

use std::process::ExitCode;

use clap::Parser;

/// The program.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cmd::run(&cli) {
        Ok(code) => code,
        Err(error) => exit::report(&error).into(),
    }
}
