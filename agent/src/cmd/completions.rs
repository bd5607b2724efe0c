//! `bulkhead completions SHELL`.

use std::io::{ErrorKind, Write, stdout};

use clap::CommandFactory;

use crate::{cli::Cli, exit::Exit};

pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bulkhead", &mut script);
    match stdout().write_all(&script) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(Exit::Fine),
        written => Ok(written.map(|()| Exit::Fine)?),
    }
}
