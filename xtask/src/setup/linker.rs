//! `bpf-linker`, built here against Debian's LLVM 22, which is the LLVM of this compiler.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{cache, exec};

const VERSION: &str = "0.13.0";

/// The folder to put on the search path.
pub(crate) fn bin_dir() -> Result<PathBuf> {
    Ok(root()?.join("bin"))
}

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let program = bin_dir()?.join("bpf-linker");
    let works = exec::succeeds(Command::new(&program).arg("--version"));
    Ok(works.then_some(program))
}

pub(crate) fn make() -> Result<()> {
    let llvm = exec::stdout(Command::new("llvm-config-22").arg("--prefix"))?;
    cache::publish(&root()?, |dir| {
        let mut install = Command::new("cargo");
        install.env("LLVM_PREFIX", llvm.trim());
        install.args(["install", "bpf-linker", "--version", VERSION, "--locked"]);
        install.args(["--no-default-features", "--features", "llvm-22"]);
        exec::quiet(install.arg("--root").arg(dir))
    })
}

fn root() -> Result<PathBuf> {
    Ok(cache::dir()?.join(format!("bpf-linker-{VERSION}-llvm-22")))
}
