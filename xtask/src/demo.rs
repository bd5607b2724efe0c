//! `cargo xtask demo`: the story of containers that try to reach their host.

use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal as _, stdin};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::kernel::Kernel;
use crate::vm::{self, Outcome, Processors, Root, Vm};
use crate::{build, setup};

const STORY: &str = include_str!("demo/story.sh");
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Boots a real kernel with Docker, attacks it from containers, and shows each refusal.
///
/// Does the set-up by itself, which installs packages on this machine, as root, where they are not
/// there yet (`cargo xtask setup --check` tells), and keeps downloads and images in a cache.
/// Nothing else on this machine is changed, and nothing is attacked: the virtual machine plays the
/// host.
/// For each attack: what was typed, what Docker answered, and Bulkhead's denial.
/// Fails if any attack worked, or if anything innocent did not.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leaves you in a shell in the machine afterwards, to try things yourself
    #[arg(long)]
    keep: bool,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    if args.keep && !stdin().is_terminal() {
        bail!("there is no terminal for a shell: leave --keep out, or run it on a terminal");
    }
    setup::ensure(setup::BUILD)?;
    vm::prepare(&[Kernel::V6_12], Root::Docker)?;
    let share = tempfile::tempdir().context("cannot make a folder for the story")?;
    fs::write(share.path().join("story.sh"), STORY).context("cannot write the story")?;
    let vm = Vm {
        agent: build::agent(false, &[])?,
        kernel: Kernel::V6_12,
        root: Root::Docker,
        append: String::new(),
        share: Some(share.path().to_owned()),
        processors: Processors::Two,
        timeout: TIMEOUT,
        command: command(args.keep),
    };
    let outcome = if args.keep {
        eprintln!(
            "booting {}; after the story `exit` ends the machine",
            vm.kernel.release()?
        );
        vm.shell()?
    } else {
        vm::run(&vm)?
    };
    if outcome == Outcome::Exited(0) {
        println!("\nthe demo succeeded: every attack was refused, everything innocent worked");
    }
    Ok(outcome.report())
}

/// Nothing went wrong in it.
pub(crate) fn check() -> Result<()> {
    if exec(&Args { keep: false })? != ExitCode::SUCCESS {
        bail!("the story went wrong");
    }
    Ok(())
}

fn command(keep: bool) -> Vec<OsString> {
    let words = ["sh", "/share/story.sh"].into_iter();
    words
        .chain(keep.then_some("keep"))
        .map(Into::into)
        .collect()
}
