//! Scenarios, named after the attack. They attack the machine they run on: run them in a virtual
//! machine (`cargo xtask vm`), as root, with Docker.
//!
//! `scenarios FILTER` runs those whose name contains it: `off::` (no agent, every attack succeeds),
//! `enforce::` (refused, and the denial arrives), `audit::` (only reported), `neighbour::` (the host
//! does the same, unharmed), `innocence::` (what Docker's users do all day), `alone::`.

mod admission;
mod admission_of_bundles;
mod agent_cli;
mod agreement;
mod assignment;
mod block_device;
mod builds;
mod crypto_socket;
mod device;
mod doctor;
mod examples;
mod existing;
mod faults;
mod foreign_file;
mod foreign_process;
mod handle;
mod host_path;
mod host_work;
mod innocence;
mod innocent_calls;
mod io_uring;
mod kernel_code;
mod kernel_interface;
mod kubernetes;
mod labels;
mod load;
mod mount;
mod namespace_file;
mod other_dockers;
mod outliving;
mod outputs;
mod podman;
mod podman_work;
mod profiles;
mod real_tools;
mod recovery;
mod reload;
mod runtime_faults;
mod runtime_socket;
mod runtimes;
mod set_up;
mod setns;
mod status_tail;
mod storm;
mod suite;
mod tools;
mod user_namespace;
mod workloads;

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::Arguments;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    // Trials share a kernel, and the phases follow one another.
    arguments.test_threads = Some(1);
    let mut suite = suite::Suite::new()?;
    for register in [
        host_path::register,
        block_device::register,
        mount::register,
        set_up::register,
        setns::register,
        foreign_process::register,
        foreign_file::register,
        namespace_file::register,
        kernel_interface::register,
        device::register,
        runtime_socket::register,
        kernel_code::register,
        user_namespace::register,
        crypto_socket::register,
        handle::register,
        io_uring::register,
        kubernetes::register,
        labels::register,
        real_tools::register,
        runtimes::register,
        podman::register,
        innocence::register,
        innocent_calls::register,
        workloads::register,
        builds::register,
        podman_work::register,
        host_work::register,
        other_dockers::register,
        status_tail::register,
        doctor::register,
        agent_cli::register,
        reload::register,
        examples::register,
        load::register,
        existing::register,
        tools::register,
        agreement::register,
        profiles::register,
        admission::register,
        assignment::register,
        admission_of_bundles::register,
        faults::register,
        runtime_faults::register,
        outliving::register,
        recovery::register,
        outputs::register,
        storm::register,
    ] {
        register(&mut suite);
    }
    suite.cover_every_hook();
    let (trials, tear_down) = suite.finish();
    let conclusion = libtest_mimic::run(&arguments, trials);
    tear_down()?;
    Ok(if conclusion.has_failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
