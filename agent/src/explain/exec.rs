//! `exec`: a program that enters a container that is there, and is admitted by itself.

use probe_common::{container::bit, label::USER, rule::rules};

use super::{
    About, Asked, ExplainError, Host, flags,
    options::{DOCKER_EXEC, PODMAN_EXEC},
    running,
    settings::{Engine, Settings, User},
};
use crate::{capabilities, containers::Info};

/// Reads what stands behind `exec`.
///
/// # Errors
/// If the runtime would not take it.
pub fn read(engine: Engine, words: &[String], host: &Host) -> Result<Asked, ExplainError> {
    let program = match engine {
        Engine::Podman => PODMAN_EXEC,
        _ => DOCKER_EXEC,
    };
    let parsed = flags::parse(program, words)?;
    let container = parsed.rest.first();
    let container = container
        .ok_or_else(|| ExplainError::usage(format!("{} names no container", program.name)))?;
    let mut asked = match running::find(container, host) {
        Ok(asked) => asked,
        Err(ExplainError::NoContainer(_)) => usual(engine, container)?,
        Err(other) => return Err(other),
    };
    // In a user namespace of its own neither is the host's.
    if asked.facts.namespaces >> USER & 1 == 0 {
        return Ok(asked);
    }
    for given in &parsed.given {
        match given.name {
            "privileged" if given.value == "true" => {
                asked.capabilities(capabilities::ALL, &given.at);
            }
            "user" => user(&given.value, &given.at, &mut asked),
            _ => {}
        }
    }
    Ok(asked)
}

/// A container that nobody knows has what one gets that asks for nothing.
fn usual(engine: Engine, name: &str) -> Result<Asked, ExplainError> {
    let runtime = match engine {
        Engine::Podman => "podman",
        _ => "docker",
    };
    let mut asked = Asked::new(Info {
        name: Some(name.to_owned()),
        runtime: Some(runtime),
        ..Info::default()
    });
    Settings::new(engine).apply(&mut asked)?;
    asked.assume(format!(
        "container {name:?} is not running here, so it is taken for one that was started with no options"
    ));
    Ok(asked)
}

fn user(text: &str, at: &str, asked: &mut Asked) {
    let user = User::read(text, at);
    if user == User::OfImage {
        return;
    }
    asked.facts.broken &= !bit(rules::ROOT_USER);
    asked
        .reasons
        .retain(|(about, _)| *about != About::Rule(rules::ROOT_USER));
    match user {
        User::Root(at) => asked.breaks(rules::ROOT_USER, &at),
        User::Named(name) => asked.assume(format!("user {name:?} of the image is not root")),
        User::OfImage | User::Other => {}
    }
}
