//! `cargo xtask run`: the agent on this very host.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::setup::is_root;
use crate::{build, exec};

const LSM: &str = "/sys/kernel/security/lsm";
const BTF: &str = "/sys/kernel/btf/vmlinux";
/// The agent's word for "this host cannot do what was asked".
const CANNOT: i32 = 4;
const ELSEWHERE: &str = "hint: `cargo xtask demo` shows Bulkhead on a kernel that can, \
                         and `cargo xtask vm` gives a shell on one";

/// Builds Bulkhead and runs it on this host: `bulkhead run ARGS`.
///
/// Uses sudo if you are not root.
/// Where this kernel cannot run it, says why and fails.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The probe logs every decision it takes
    #[arg(long)]
    trace: bool,

    /// Arguments for `bulkhead run`
    #[arg(last = true)]
    args: Vec<OsString>,
}

pub(crate) fn exec(args: &Args) -> Result<ExitCode> {
    let active = fs::read_to_string(LSM).ok();
    if let Some(why) = obstacle(active.as_deref(), Path::new(BTF).exists()) {
        bail!("{why}\n{ELSEWHERE}");
    }
    if active.is_none() {
        eprintln!("cannot tell whether `bpf` is among the active LSMs: {LSM} cannot be read");
    }
    let agent = build::agent(false, args.trace.then_some(build::TRACE).as_slice())?;
    let mut run = Command::new(if is_root()? {
        agent.as_os_str()
    } else {
        "sudo".as_ref()
    });
    if !is_root()? {
        run.arg(&agent);
    }
    run.arg("run").args(&args.args);
    let status = run
        .status()
        .with_context(|| format!("cannot start {}", exec::shown(&run)))?;
    if status.code() == Some(CANNOT) {
        eprintln!("this host cannot run it, for the reason above\n{ELSEWHERE}");
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Why this kernel cannot, as far as can be seen from outside.
fn obstacle(active_lsms: Option<&str>, has_btf: bool) -> Option<String> {
    if !has_btf {
        return Some(format!("this kernel has no BTF: there is no {BTF}"));
    }
    let active = active_lsms?.trim();
    let missing = !active.split(',').any(|lsm| lsm == "bpf");
    missing.then(|| {
        format!(
            "this kernel runs no BPF LSM programs: `bpf` is not in {LSM} ({active}); \
             boot it with lsm={active},bpf"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_obstacle_is_named() {
        let obstacle = |lsms, btf| obstacle(lsms, btf).unwrap_or_default();
        assert!(obstacle(Some("lockdown,bpf\n"), false).contains("no BTF"));
        assert!(obstacle(Some("lockdown,yama\n"), true).contains("lsm=lockdown,yama,bpf"));
        assert_eq!(obstacle(Some("lockdown,bpf\n"), true), "");
        assert_eq!(obstacle(None, true), "");
    }
}
