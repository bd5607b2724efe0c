//! `promtool`, which judges metrics. Debian has it in the package of a server that nobody wants here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::apt::Apt;
use crate::{cache, exec};

/// The folder to put on the search path.
pub(crate) fn bin_dir() -> Result<PathBuf> {
    Ok(root()?.join("usr/bin"))
}

pub(crate) fn found() -> Result<Option<PathBuf>> {
    let promtool = bin_dir()?.join("promtool");
    let works = exec::succeeds(Command::new(&promtool).arg("--version"));
    Ok(works.then_some(promtool))
}

pub(crate) fn make() -> Result<()> {
    let apt = Apt::host()?;
    apt.refresh()?;
    cache::publish(&root()?, |dir| {
        apt.unpack("prometheus", dir)?;
        fs::remove_file(dir.join("usr/bin/prometheus")).context("cannot remove the server")
    })
}

fn root() -> Result<PathBuf> {
    Ok(cache::dir()?.join("promtool"))
}
