//! `cargo xtask bench`: what Bulkhead costs, in instructions.

mod budget;
mod compare;
mod figures;
mod page;
mod plot;
mod revision;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use tempfile::TempDir;

use crate::kernel::Kernel;
use crate::setup::{self, APPARMOR_PARSER, Step};
use crate::vm::{self, Outcome, Processors, Root, Vm};
use crate::{build, cargo, progress};
use figures::Figures;

const PROGRAM: &str = "bench";
/// An emulated processor that counts is slow.
const TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// Measures what Bulkhead costs, beside AppArmor and seccomp, in instructions.
///
/// Each kernel is booted in a machine whose one processor counts instructions for time, so the
/// figures are the same on every machine.
/// Prints, for each kernel, what operations take on the host and in a container, by who holds it;
/// what a call of each of the probe's programs takes; and how that grows with mounts, path depth,
/// anchors, profiles and containers.
///
/// Exit status: 1 if a program takes more than its budget, or if a figure is more than 2 % worse than
/// with --against or --quick.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this kernel (may be given several times) [default: 6.12 and 7.3; quick: 6.12]
    #[arg(long, value_enum)]
    kernel: Vec<Kernel>,

    /// Only operations under Bulkhead, compared with the figures in docs/benchmarks
    #[arg(long, conflicts_with = "write")]
    quick: bool,

    /// Measure this revision as well, and compare
    #[arg(long, value_name = "REV", conflicts_with = "write")]
    against: Option<String>,

    /// Write the tables, the plots and the figures to docs/benchmarks
    #[arg(long)]
    write: bool,
}

/// A machine's part of the bench, on a kernel.
struct Bench {
    kernel: Kernel,
    share: TempDir,
    /// What is asked of it.
    verbs: &'static [&'static str],
}

/// No figure may be worse than what is written down.
pub(crate) fn check() -> Result<()> {
    let quick = Args {
        kernel: Vec::new(),
        quick: true,
        against: None,
        write: false,
    };
    let worse = measure(&quick)?;
    if worse.is_empty() {
        return Ok(());
    }
    // Where the kernel's tables lie differs from boot to boot, and with it `setns` by a tenth.
    let of = |line: &String| line.split(':').next().map(str::to_owned);
    let again: Vec<_> = measure(&quick)?.iter().filter_map(of).collect();
    let worse: Vec<_> = worse
        .into_iter()
        .filter(|line| of(line).is_some_and(|name| again.contains(&name)))
        .collect();
    ensure!(worse.is_empty(), "{}", worse.join("\n"));
    Ok(())
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let worse = measure(args)?;
    for line in &worse {
        eprintln!("WORSE {line}");
    }
    Ok(ExitCode::from(u8::from(!worse.is_empty())))
}

/// Prints the figures. Returns a line for each that got worse.
fn measure(args: &Args) -> Result<Vec<String>> {
    let (kernels, verbs): (_, &[&str]) = if args.quick {
        (vec![Kernel::V6_12], &["quick"])
    } else {
        (vec![Kernel::V6_12, Kernel::V7_3], &["compare", "grow"])
    };
    let kernels = match &args.kernel[..] {
        [] => kernels,
        some => some.to_vec(),
    };
    if args.quick {
        // Known missing before minutes are spent.
        kernels
            .iter()
            .try_for_each(|kernel| page::kept(*kernel).map(drop))?;
    }
    setup::ensure(setup::BUILD)?;
    setup::ensure(&[Step::Program(APPARMOR_PARSER)])?;
    vm::prepare(&kernels, Root::Docker)?;
    let old = args.against.as_deref().map(revision::agent).transpose()?;
    let agent = build::agent(true, &[])?;
    let mut worse = Vec::new();
    let mut measured = Vec::new();
    let found: Vec<_> = thread::scope(|scope| {
        let start = |kernel: &Kernel| {
            let (kernel, agent, old) = (*kernel, &agent, old.as_deref());
            scope.spawn(move || Bench::new(kernel, verbs)?.both(agent, old))
        };
        let running: Vec<_> = kernels.iter().map(start).collect();
        running.into_iter().map(join).collect::<Result<_>>()
    })?;
    for (kernel, (said, before)) in kernels.into_iter().zip(found) {
        let figures = Figures::read(&said)?;
        println!("## {}\n\n{}", kernel.release()?, table::of(&figures)?);
        worse.extend(budget::exceeded(&figures.programs));
        let before = match before {
            None if args.quick => Some(page::kept(kernel)?),
            other => other,
        };
        if let Some(before) = before {
            worse.extend(compare::worse(&Figures::read(&before)?, &figures));
        }
        measured.push((kernel, said, figures));
    }
    if args.write {
        page::write(&measured)?;
    }
    Ok(worse)
}

impl Bench {
    fn new(kernel: Kernel, verbs: &'static [&'static str]) -> Result<Self> {
        let share = tempfile::tempdir().context("cannot make a folder for the bench")?;
        let program = progress::step("building the bench", program)?;
        for file in [program, APPARMOR_PARSER.file()?] {
            let name = file.file_name().context("a program has a name")?;
            fs::copy(&file, share.path().join(name))
                .with_context(|| format!("cannot copy {}", file.display()))?;
        }
        Ok(Self {
            kernel,
            share,
            verbs,
        })
    }

    /// What it prints with this agent, and with the older one.
    fn both(&self, agent: &Path, old: Option<&Path>) -> Result<(String, Option<String>)> {
        let now = self.measure(agent)?;
        let before = old.map(|old| self.measure(&old.join(revision::AGENT)));
        Ok((now, before.transpose()?))
    }

    /// The lines that it prints.
    fn measure(&self, agent: &Path) -> Result<String> {
        let verbs = self.verbs.iter();
        let verbs: Vec<_> = verbs
            .map(|verb| format!("/share/{PROGRAM} {verb}"))
            .collect();
        let vm = Vm {
            agent: agent.to_owned(),
            kernel: self.kernel,
            root: Root::Docker,
            append: String::new(),
            share: Some(self.share.path().to_owned()),
            processors: Processors::Counting,
            timeout: TIMEOUT,
            command: ["sh", "-c", &verbs.join(" && ")].map(Into::into).to_vec(),
        };
        let mut said = Vec::new();
        let outcome = progress::step(&format!("measuring on {}", self.kernel), || {
            vm.run(&mut || {}, &mut |bytes| said.extend_from_slice(bytes))
        })?;
        let said = String::from_utf8_lossy(&said).into_owned();
        match outcome {
            Outcome::Exited(0) => Ok(said),
            Outcome::Exited(code) => bail!("the bench ended with status {code}:\n{said}"),
            Outcome::Failed(failure) => bail!("{failure}:\n{said}"),
        }
    }
}

fn join<T>(running: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    let ended = running.join();
    ended.unwrap_or_else(|_| Err(anyhow!("the bench panicked")))
}

fn program() -> Result<PathBuf> {
    let args = ["build", "--release", "--package", "bulkhead-tests"];
    let bench = ["--features", "vm", "--bin", PROGRAM];
    let built = cargo::build_static(&[&args[..], &bench].concat())?;
    cargo::named(built, PROGRAM)
}
