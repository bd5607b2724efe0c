//! `cargo xtask bench`: what Bulkhead costs, in instructions.

mod table;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::kernel::Kernel;
use crate::vm::{self, Outcome, Processors, Root, Vm};
use crate::{build, cargo, progress, setup};

const PROGRAM: &str = "bench";
/// An emulated processor that counts is slow.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Measures what Bulkhead costs, beside AppArmor and seccomp, in instructions per operation.
///
/// Each kernel is booted in a machine whose one processor counts instructions for time, so the
/// figures are the same on every machine.
/// Prints a table for each kernel and each kind of task.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this kernel (may be given several times) [default: 6.12 and 7.3]
    #[arg(long, value_enum)]
    kernel: Vec<Kernel>,

    /// Keep every figure, as lines of JSON, in this folder
    #[arg(long, value_name = "DIR")]
    out: Option<std::path::PathBuf>,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let kernels = match &args.kernel[..] {
        [] => vec![Kernel::V6_12, Kernel::V7_3],
        some => some.to_vec(),
    };
    setup::ensure(setup::BUILD)?;
    vm::prepare(&kernels, Root::Docker)?;
    let share = tempfile::tempdir().context("cannot make a folder for the bench")?;
    progress::step("building the bench", || put(share.path()))?;
    let agent = build::agent(true, false)?;
    for kernel in kernels {
        let said = measure(kernel, &agent, share.path())?;
        if let Some(out) = &args.out {
            fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
            fs::write(out.join(format!("{kernel}.json")), &said).context("cannot keep it")?;
        }
        println!("## {}\n\n{}", kernel.release()?, table::of(&said)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn put(share: &Path) -> Result<()> {
    let args = ["build", "--release", "--package", "bulkhead-tests"];
    let bench = ["--features", "vm", "--bin", PROGRAM];
    let built = cargo::build_static(&[&args[..], &bench].concat())?;
    let program = cargo::named(built, PROGRAM)?;
    fs::copy(program, share.join(PROGRAM)).context("cannot copy the bench")?;
    Ok(())
}

/// The lines that it prints.
fn measure(kernel: Kernel, agent: &Path, share: &Path) -> Result<String> {
    let vm = Vm {
        agent: agent.to_owned(),
        kernel,
        root: Root::Docker,
        append: String::new(),
        share: Some(share.to_owned()),
        processors: Processors::Counting,
        timeout: TIMEOUT,
        command: vec![format!("/share/{PROGRAM}").into()],
    };
    let mut said = Vec::new();
    let outcome = progress::step(&format!("measuring on {kernel}"), || {
        vm.run(&mut || {}, &mut |bytes| said.extend_from_slice(bytes))
    })?;
    let said = String::from_utf8_lossy(&said).into_owned();
    match outcome {
        Outcome::Exited(0) => Ok(said),
        Outcome::Exited(code) => bail!("the bench ended with status {code}:\n{said}"),
        Outcome::Failed(failure) => bail!("{failure}:\n{said}"),
    }
}
