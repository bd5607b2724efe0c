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

struct Boot {
    /// As the program knows it.
    name: &'static str,
    /// For the kernel's command line.
    append: &'static str,
    /// An emulated processor takes an agent long to start: then one kernel has to do.
    everywhere: bool,
}

/// The second is as `bulkhead doctor` asks for in the first.
const BOOTS: &[Boot] = &[
    Boot {
        name: "without_bpf",
        append: "lsm=lockdown,capability,landlock,yama,apparmor",
        everywhere: true,
    },
    Boot {
        name: "integrity",
        append: "lsm=lockdown,capability,landlock,yama,apparmor,ima,evm,bpf lockdown=integrity",
        everywhere: false,
    },
];

/// Those in which there is something to do.
pub(super) fn machines(
    kernels: &[Kernel],
    agent: &Path,
    share: &Path,
    options: &[String],
) -> Result<Vec<Vm>> {
    let mut machines = Vec::new();
    for boot in BOOTS {
        if !has_trials(share, boot, options)? {
            continue;
        }
        let name = format!("BOOT={}", boot.name);
        let words = ["env", &name, &format!("/share/{PROGRAM}")].map(OsString::from);
        let options = options.iter().map(OsString::from);
        let command: Vec<_> = words.into_iter().chain(options).collect();
        machines.extend(boot.of(kernels).iter().map(|kernel| Vm {
            agent: agent.to_owned(),
            kernel: *kernel,
            root: Root::Minimal,
            append: boot.append.to_owned(),
            share: Some(share.to_owned()),
            processors: Processors::One,
            timeout: TIMEOUT,
            command: command.clone(),
        }));
    }
    Ok(machines)
}

impl Boot {
    fn of<'a>(&self, kernels: &'a [Kernel]) -> &'a [Kernel] {
        let others = if self.everywhere {
            0
        } else {
            kernels.len().saturating_sub(1)
        };
        kernels.get(others..).unwrap_or_default()
    }
}

/// The program itself knows what its names match.
fn has_trials(share: &Path, boot: &Boot, options: &[String]) -> Result<bool> {
    let mut list = Command::new(share.join(PROGRAM));
    let list = list.arg("--list").args(options).env("BOOT", boot.name);
    Ok(exec::stdout(list)?
        .lines()
        .any(|line| line.ends_with(": test")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_done_once() {
        let counts = |kernels: &[Kernel]| {
            let counts = BOOTS.iter().map(|boot| boot.of(kernels).len());
            counts.collect::<Vec<_>>()
        };
        assert_eq!(counts(&Kernel::ALL), [4, 1]);
        assert_eq!(counts(&[Kernel::V6_12]), [1, 1]);
        assert_eq!(counts(&[]), [0, 0]);
    }
}
