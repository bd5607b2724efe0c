//! Exit codes, in one place, and what the last lines of a failed run say.

use std::process::ExitCode;

use crate::{
    anchors::AnchorError,
    canary::CanaryError,
    explain::ExplainError,
    host::HostError,
    output::escape,
    policy::{PolicyError, TooMany},
    probe::ProbeError,
    socket::SocketError,
};

/// How every verb but `status` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Fine = 0,
    Failed = 1,
    /// Wrong usage; clap exits with it by itself.
    Usage = 2,
    /// The policy was refused; nothing was touched.
    Policy = 3,
    /// This host cannot do what was asked.
    Host = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What the process ends with after `error`, and the one concrete thing to do about it.
pub fn advice(error: &anyhow::Error) -> (Exit, Option<String>) {
    for cause in error.chain() {
        if let Some(e) = cause.downcast_ref::<PolicyError>() {
            return (Exit::Policy, e.hint());
        }
        if let Some(e) = cause.downcast_ref::<HostError>() {
            return (e.exit(), e.hint());
        }
        if let Some(e) = cause.downcast_ref::<ProbeError>() {
            return (e.exit(), e.hint());
        }
        if let Some(e) = cause.downcast_ref::<CanaryError>() {
            return (e.exit(), e.hint());
        }
        // The runtimes' own directories are no error, so it is one that the policy names.
        if cause.is::<AnchorError>() || cause.is::<TooMany>() {
            return (Exit::Policy, None);
        }
        if let Some(e) = cause.downcast_ref::<ExplainError>() {
            return (e.exit(), e.hint());
        }
        if let Some(e) = cause.downcast_ref::<SocketError>() {
            return (e.exit(), e.hint());
        }
    }
    (Exit::Failed, None)
}

/// The line of the policy that `error` is about, with a mark.
pub fn excerpt(error: &anyhow::Error) -> Option<String> {
    let policy = error.chain().find_map(|e| e.downcast_ref::<PolicyError>());
    policy?.excerpt().map(ToString::to_string)
}

/// Prints the chain of causes once, then the hint.
pub fn report(error: &anyhow::Error) -> Exit {
    let (exit, hint) = advice(error);
    // What is wrong may be what a stranger wrote.
    let text = format!("{error:#}");
    let lines: Vec<_> = text.lines().map(escape).collect();
    eprintln!("bulkhead: {}", lines.join("\n"));
    if let Some(excerpt) = excerpt(error) {
        eprintln!("{excerpt}");
    }
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_error_keeps_its_code_under_context() {
        let error = anyhow::Error::new(HostError::NotRoot).context("starting");
        let (exit, hint) = advice(&error);
        assert_eq!(exit, Exit::Host);
        assert!(hint.is_some_and(|h| h.contains("sudo")));
    }

    #[test]
    fn anything_else_is_a_failure() {
        assert_eq!(advice(&anyhow::anyhow!("x")), (Exit::Failed, None));
    }
}
