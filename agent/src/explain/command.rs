//! `[sudo …] docker|podman … run|create|exec …`.

use std::path::Path;

use super::{
    Asked, ExplainError, Host, exec, flags,
    options::{DOCKER, PODMAN, SUDO},
    run,
    settings::Engine,
};

/// What the command would ask for; `directory` is where relative paths begin.
///
/// # Errors
/// If it is no command that is understood, or one that the runtime would not take.
pub fn read(words: &[String], directory: &Path, host: &Host) -> Result<Asked, ExplainError> {
    let words = without_sudo(words)?;
    let (engine, program, rest) = match words.split_first() {
        Some((first, rest)) => match first.rsplit('/').next() {
            Some("docker") => (Engine::Docker, DOCKER, rest),
            Some("podman") => (Engine::Podman, PODMAN, rest),
            _ => return Err(not_understood(first)),
        },
        None => return Err(ExplainError::usage("there is no command after --")),
    };
    let mut rest = flags::parse(program, rest)?.rest;
    if rest.first().is_some_and(|word| word == "container") {
        rest.remove(0);
    }
    match rest.split_first() {
        Some((verb, rest)) => match verb.as_str() {
            "run" | "create" => run::read(engine, rest, directory),
            "exec" => exec::read(engine, rest, host),
            other => Err(not_understood(&format!("{} {other}", program.name))),
        },
        None => Err(not_understood(program.name)),
    }
}

fn not_understood(what: &str) -> ExplainError {
    ExplainError::usage(format!(
        "{what:?} is not understood, only docker and podman run, create and exec are"
    ))
}

/// The words behind `sudo` with its options, and behind `NAME=value`.
fn without_sudo(words: &[String]) -> Result<Vec<String>, ExplainError> {
    let is_variable = |word: &&String| word.contains('=') && !word.starts_with(['-', '/']);
    let skip = |words: &[String]| {
        let words = words.iter().skip_while(is_variable);
        words.cloned().collect::<Vec<_>>()
    };
    let words = skip(words);
    match words.split_first() {
        Some((first, rest)) if first == "sudo" => Ok(skip(&flags::parse(SUDO, rest)?.rest)),
        _ => Ok(words),
    }
}
