//! `cargo xtask vm --break`: inside a privileged container that Bulkhead contains.

use std::ffi::OsString;
use std::fs;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

const SCRIPT: &str = include_str!("break_in/break.sh");

/// The folder to share with the machine, and the command that starts agent and container there.
pub(super) fn prepare(command: &[OsString]) -> Result<(TempDir, Vec<OsString>)> {
    let share = tempfile::tempdir().context("cannot make a folder for the script")?;
    fs::write(share.path().join("break.sh"), SCRIPT).context("cannot write the script")?;
    let script = ["sh", "/share/break.sh"].map(OsString::from);
    Ok((
        share,
        script.into_iter().chain(command.iter().cloned()).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_to_try_fits_a_screen() {
        let words = SCRIPT
            .split_once("<< 'END'\n")
            .and_then(|(_, rest)| rest.split_once("\nEND"));
        let lines = words.map(|(text, _)| text.lines().count());
        assert!(lines.is_some_and(|lines| lines <= 20), "{lines:?}");
    }
}
