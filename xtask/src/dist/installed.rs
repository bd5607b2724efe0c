//! The .deb in a machine that systemd starts: installed, rebooted, upgraded, removed; and
//! the program in a container.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::kernel::Kernel;
use crate::vm::{self, Outcome, Processors, Root, Vm};

const STORY: &str = include_str!("installed.sh");
const CONTAINERFILE: &str = include_str!("../../../packaging/container/Containerfile");
const KERNEL: Kernel = Kernel::V6_12;
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Fails if anything in it went wrong. `second` is the later of two packages.
pub(super) fn check(program: &Path, first: &Path, second: &Path) -> Result<()> {
    vm::prepare(&[KERNEL], Root::Systemd)?;
    let share = tempfile::tempdir().context("cannot make a folder for the packages")?;
    let put = |from: &Path, name: &str| {
        let failed = || format!("cannot copy {}", from.display());
        fs::copy(from, share.path().join(name))
            .map(drop)
            .with_context(failed)
    };
    put(first, "first.deb")?;
    put(second, "second.deb")?;
    put(program, "bulkhead")?;
    for (name, text) in [("installed.sh", STORY), ("Containerfile", CONTAINERFILE)] {
        fs::write(share.path().join(name), text).context("cannot write the story")?;
    }
    let outcome = vm::run(&Vm {
        agent: program.to_owned(),
        kernel: KERNEL,
        root: Root::Systemd,
        share: Some(share.path().to_owned()),
        processors: Processors::Two,
        timeout: TIMEOUT,
        append: String::new(),
        command: ["sh", "/share/installed.sh"].map(Into::into).to_vec(),
    })?;
    match outcome {
        Outcome::Exited(0) => Ok(()),
        Outcome::Exited(_) => bail!("the package does not do what it should"),
        Outcome::Failed(failure) => bail!("{failure}"),
    }
}
