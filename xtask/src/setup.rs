//! `cargo xtask setup`: from a bare Debian 12 to where every other verb works.

mod apt;
mod host;
mod kernels;
mod linker;
mod packagers;
mod packages;
mod root;
mod rust_src;
mod unpacked;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::kernel::Kernel;
use crate::{cache, progress};

pub(crate) use apt::configured as apt_configured;
pub(crate) use host::is_root;
pub(crate) use linker::bin_dir as linker_dir;
pub(crate) use packagers::bin_dir as packagers_dir;
pub(crate) use packages::qemu_is_sound;
pub(crate) use root::image as docker_root;
pub(crate) use unpacked::{APPARMOR_PARSER, PROMTOOL, Program};

/// Brings this machine to where every other verb works.
///
/// Wants Debian 12 and root, and takes a few minutes the first time: packages (LLVM 22, QEMU 10),
/// the BPF linker, Rust's library source, what makes packages, four kernels and a disk with Docker for the virtual
/// machines.
/// What is there already is left alone, so running it again takes a second, and after a cut-off it
/// goes on where it stopped.
/// Everything but the packages goes to the cache folder, $XDG_CACHE_HOME/bulkhead.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only tell what is there and what is missing; fails if something is missing
    #[arg(long)]
    check: bool,
}

/// One thing that may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    BuildPackages,
    RustSource,
    Linker,
    DistPackages,
    Packagers,
    Program(Program),
    VmPackages,
    Kernel(Kernel),
    DockerRoot,
}

/// What building the probe takes.
pub(crate) const BUILD: &[Step] = &[Step::BuildPackages, Step::RustSource, Step::Linker];

/// What making packages takes besides.
pub(crate) const DIST: &[Step] = &[Step::DistPackages, Step::Packagers];

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let kernels = Kernel::ALL.map(Step::Kernel);
    let steps = [
        BUILD,
        DIST,
        &[
            Step::Program(PROMTOOL),
            Step::Program(APPARMOR_PARSER),
            Step::VmPackages,
        ],
        &kernels,
        &[Step::DockerRoot],
    ]
    .concat();
    if args.check {
        return check(&steps);
    }
    ensure(&steps)?;
    progress::note(&format!(
        "everything is there; cached in {}",
        cache::dir()?.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Makes whatever of these steps is missing.
pub(crate) fn ensure(steps: &[Step]) -> Result<()> {
    let mut held = None;
    for step in steps {
        if step.found()?.is_some() {
            continue;
        }
        if held.is_none() {
            held = Some(cache::lock()?);
            // Somebody else may have made it while we waited.
            if step.found()?.is_some() {
                continue;
            }
        }
        if step.installs() {
            host::check()?;
        }
        progress::step(&step.name(), || step.make())
            .with_context(|| format!("set-up stopped at: {}", step.name()))?;
        step.found()?
            .with_context(|| format!("{} is still missing", step.name()))?;
    }
    Ok(())
}

fn check(steps: &[Step]) -> Result<ExitCode> {
    let mut missing = 0;
    for step in steps {
        match step.found()? {
            Some(place) => println!("there    {}: {}", step.name(), place.display()),
            None => {
                missing += 1;
                println!("MISSING  {}", step.name());
            }
        }
    }
    println!("cache    {}", cache::dir()?.display());
    if missing > 0 {
        println!("hint: `cargo xtask setup` brings what is missing");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

impl Step {
    /// Does it change this machine, and not only the cache?
    fn installs(self) -> bool {
        matches!(
            self,
            Self::BuildPackages | Self::DistPackages | Self::VmPackages
        )
    }

    fn name(self) -> String {
        match self {
            Self::BuildPackages => "packages for building (LLVM 22)".to_owned(),
            Self::RustSource => "source of Rust's library".to_owned(),
            Self::Linker => "bpf-linker".to_owned(),
            Self::DistPackages => "packages for making packages (rpm, Ruby)".to_owned(),
            Self::Packagers => "cargo-deb and cargo-generate-rpm".to_owned(),
            Self::Program(program) => program.name.to_owned(),
            Self::VmPackages => "packages for virtual machines (QEMU 10)".to_owned(),
            Self::Kernel(kernel) => format!("kernel {kernel}"),
            Self::DockerRoot => "disk with Docker".to_owned(),
        }
    }

    /// Where it is, if it is there.
    fn found(self) -> Result<Option<PathBuf>> {
        match self {
            Self::BuildPackages => packages::BUILD.found(),
            Self::RustSource => rust_src::found(),
            Self::Linker => linker::found(),
            Self::DistPackages => packages::DIST.found(),
            Self::Packagers => packagers::found(),
            Self::Program(program) => program.found(),
            Self::VmPackages => packages::VM.found(),
            Self::Kernel(kernel) => kernels::found(kernel),
            Self::DockerRoot => root::found(),
        }
    }

    fn make(self) -> Result<()> {
        match self {
            Self::BuildPackages => packages::BUILD.install(),
            Self::RustSource => rust_src::make(),
            Self::Linker => linker::make(),
            Self::DistPackages => packages::DIST.install(),
            Self::Packagers => packagers::make(),
            Self::Program(program) => program.make(),
            Self::VmPackages => packages::VM.install(),
            Self::Kernel(kernel) => kernels::make(kernel),
            Self::DockerRoot => root::make(),
        }
    }
}
