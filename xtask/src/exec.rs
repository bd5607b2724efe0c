//! Starting other programs: whatever fails, the error names the command that did.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// The command as one would type it, with the variables that were set for it.
pub(crate) fn shown(command: &Command) -> String {
    // The search path is long and says nothing about what failed.
    let variables = command.get_envs().filter(|(name, _)| *name != "PATH");
    let variables = variables
        .filter_map(|(name, value)| Some(format!("{}={}", name.display(), quoted(value?))));
    let words = variables.chain([quoted(command.get_program())]);
    let words: Vec<String> = words.chain(command.get_args().map(quoted)).collect();
    words.join(" ")
}

/// One word, quoted for a shell if it has to be.
pub(crate) fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Runs the command with our own output; an exit status other than 0 is an error.
pub(crate) fn exec(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs the command without a word; its output is part of the error if it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<()> {
    captured(command).map(drop)
}

/// Runs the command and returns what it wrote to standard output.
pub(crate) fn stdout(command: &mut Command) -> Result<String> {
    let output = captured(command)?;
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} wrote something that is not text", shown(command)))
}

/// True if the command could be started and was content.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

fn captured(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        bail!(
            "{} failed ({}):\n{}",
            shown(command),
            output.status,
            last_lines(&said, 40)
        );
    }
    Ok(output)
}

/// The end of a text, where the reason usually is.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines
        .get(lines.len().saturating_sub(count)..)
        .unwrap_or_default()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let error = quiet(Command::new("sh").args(["-c", "echo why; exit 3"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("sh -c 'echo why; exit 3' failed (exit status: 3)"),
            "{text}"
        );
        assert!(text.ends_with("why"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = exec(&mut Command::new("no-such-program")).unwrap_err();
        assert!(format!("{error:#}").contains("cannot start no-such-program"));
    }

    #[test]
    fn quoting_survives_a_shell() {
        for word in ["plain-1.0", "", "two words", "it's", "a$b"] {
            let line = format!("printf %s {}", quoted(word.as_ref()));
            assert_eq!(
                stdout(Command::new("sh").args(["-c", &line])).unwrap(),
                word
            );
        }
    }
}
