//! `bulkhead explain`, as a program reads it.

use anyhow::{Context, Result};

use crate::{command, outcome::Outcome, record::Record};

/// What it says under a policy of `what`, and how it ended.
///
/// # Errors
/// If it says nothing that is JSON.
pub fn explain(policy: &str, what: &[&str]) -> Result<(Outcome, Record)> {
    let explain = ["bulkhead", "explain", "--policy", policy, "-o", "json"];
    let outcome = command::run(&[&explain[..], what].concat())?;
    let answer = Record::parse(outcome.output.lines().next().unwrap_or_default())
        .with_context(|| format!("{what:?}: {outcome:?}"))?;
    Ok((outcome, answer))
}
