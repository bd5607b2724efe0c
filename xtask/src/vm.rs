//! `cargo xtask vm`: a command in a virtual machine with one of the kernels.

mod break_in;
mod initramfs;
mod machine;
mod outcome;
mod qemu;

use std::ffi::OsString;
use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::kernel::Kernel;
use crate::progress::Line;
use crate::{build, setup};

pub(crate) use machine::{Processors, Root, Vm};
pub(crate) use outcome::Outcome;

/// Boots a kernel with `bulkhead` on the PATH, runs CMD as root and returns its exit status.
///
/// Everything CMD writes, to standard output or standard error, comes out of this command's
/// standard output as it is written.
/// Without CMD there is a shell; leave it with `exit`.
/// Nothing in the machine outlives it.
/// It has no network, and neither have its containers.
/// Docker has the images `busybox` and `debian` (with tools, PostgreSQL, nginx, Redis and Java), and
/// cannot pull others; `podman import /opt/images/busybox.tar busybox` gives podman one.
///
/// Exit status: that of CMD, or 250 if the kernel panicked, 251 if it locked up, 252 if the time
/// was over, 253 if the machine or Docker in it did not come up.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which kernel to boot
    #[arg(long, value_enum, default_value = "6.12")]
    kernel: Kernel,

    /// What is there besides the kernel: Debian with Docker and podman running, the same started by
    /// systemd, or busybox alone
    #[arg(long, value_enum, default_value = "docker")]
    root: Root,

    /// Words for the kernel's command line, such as `lockdown=integrity`
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "",
        hide_default_value = true
    )]
    append: String,

    /// A folder to copy to /share in the machine
    #[arg(long, value_name = "DIR")]
    share: Option<PathBuf>,

    /// One processor that counts instructions for time: slow, but the same figures every time
    #[arg(long)]
    icount: bool,

    /// Starts the agent, and runs CMD, or a shell, inside a privileged container with the host's
    /// processes: try to get out
    #[arg(long = "break", conflicts_with_all = ["root", "share", "icount"])]
    break_in: bool,

    /// How long boot and CMD together may take; a shell may stay for ever
    #[arg(long, value_name = "SECS", default_value = "900")]
    timeout: u64,

    /// The probe logs every decision it takes
    #[arg(long)]
    trace: bool,

    /// The command and its arguments
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

pub(crate) fn exec(args: Args) -> Result<ExitCode> {
    if let Some(share) = &args.share
        && !share.is_dir()
    {
        bail!("--share {}: there is no such folder", share.display());
    }
    prepare(&[args.kernel], args.root)?;
    let interactive = args.command.is_empty();
    let broken = args
        .break_in
        .then(|| break_in::prepare(&args.command))
        .transpose()?;
    let (folder, command) = broken.unzip();
    let vm = Vm {
        agent: build::agent(false, args.trace.then_some(build::TRACE).as_slice())?,
        kernel: args.kernel,
        root: args.root,
        append: args.append,
        share: folder
            .as_ref()
            .map(|folder| folder.path().to_owned())
            .or(args.share),
        processors: if args.icount {
            Processors::Counting
        } else {
            Processors::Two
        },
        timeout: Duration::from_secs(args.timeout),
        command: command.unwrap_or(args.command),
    };
    let outcome = if interactive {
        eprintln!(
            "booting {}: a shell as root; `exit` ends the machine",
            vm.kernel.release()?
        );
        vm.shell()?
    } else {
        run(&vm)?
    };
    Ok(outcome.report())
}

/// Does the part of the set-up that these machines need.
pub(crate) fn prepare(kernels: &[Kernel], root: Root) -> Result<()> {
    let mut steps = vec![setup::Step::VmPackages];
    steps.extend(kernels.iter().copied().map(setup::Step::Kernel));
    if root.has_disk() {
        steps.push(setup::Step::DockerRoot);
    }
    setup::ensure(&steps)
}

/// Runs the machine with its output on ours.
pub(crate) fn run(vm: &Vm) -> Result<Outcome> {
    let mut booting = Some(Line::start(&format!("booting {}", vm.kernel.release()?)));
    let mut written = Ok(());
    let outcome = vm.run(
        &mut || {
            if let Some(line) = booting.take() {
                line.end("up");
            }
        },
        &mut |bytes| {
            if written.is_ok() {
                let mut to = stdout().lock();
                written = to.write_all(bytes).and_then(|()| to.flush());
            }
        },
    );
    if let Some(line) = booting {
        line.end("FAILED");
    }
    outcome
}
