//! Other boots: what the kernel's command line decides, in machines with busybox alone.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::exec;
use crate::kernel::Kernel;
use crate::vm::{Processors, Root, Vm};

pub(super) const PROGRAM: &str = "boots";
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// By the names that the program knows them under. The second is as `bulkhead doctor` asks for in the
/// first.
const BOOTS: &[(&str, &str)] = &[
    (
        "without_bpf",
        "lsm=lockdown,capability,landlock,yama,apparmor",
    ),
    (
        "integrity",
        "lsm=lockdown,capability,landlock,yama,apparmor,ima,evm,bpf lockdown=integrity",
    ),
];

/// Those in which there is something to do.
pub(super) fn machines(
    kernels: &[Kernel],
    agent: &Path,
    share: &Path,
    options: &[String],
) -> Result<Vec<Vm>> {
    let mut machines = Vec::new();
    for (boot, append) in BOOTS {
        if !has_trials(share, boot, options)? {
            continue;
        }
        let name = format!("BOOT={boot}");
        let words = ["env", &name, &format!("/share/{PROGRAM}")].map(OsString::from);
        let command: Vec<_> = words
            .into_iter()
            .chain(options.iter().map(OsString::from))
            .collect();
        machines.extend(kernels.iter().map(|kernel| Vm {
            agent: agent.to_owned(),
            kernel: *kernel,
            root: Root::Minimal,
            append: (*append).to_owned(),
            share: Some(share.to_owned()),
            processors: Processors::One,
            timeout: TIMEOUT,
            command: command.clone(),
        }));
    }
    Ok(machines)
}

/// The program itself knows what its names match.
fn has_trials(share: &Path, boot: &str, options: &[String]) -> Result<bool> {
    let mut list = Command::new(share.join(PROGRAM));
    let list = list.arg("--list").args(options).env("BOOT", boot);
    Ok(exec::stdout(list)?
        .lines()
        .any(|line| line.ends_with(": test")))
}
