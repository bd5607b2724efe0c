//! The verbs that ask a running agent, or tell it something.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, builder::NonEmptyStringValueParser};
use jiff::SignedDuration;

use super::{TableForm, span};
use crate::agent::LONGEST;

const RELOAD_EXAMPLES: &str = "\
Examples:
  bulkhead reload                  after the policy file was changed; says what is different

Does what SIGHUP does, and waits for what comes of it. A policy on trial ends with it.
Exit codes: 0 in force; 1 failed, or no agent; 3 the policy is wrong and the one in force stays.";

const PS_EXAMPLES: &str = "\
Examples:
  bulkhead ps                      every container, with what its profile would refuse today
  bulkhead ps -o json              with capabilities, namespaces, seccomp and user

A container that ran before Bulkhead, or before its policy, may have what it would not get today.";

const WHY_EXAMPLES: &str = "\
Examples:
  bulkhead why web                 what was refused to it last, and what would let it pass
  bulkhead why 2f43 --last 20      by how its id begins
  bulkhead why web -o json

What it knows is the agent's memory, the last 1000 lines of all containers.
Exit codes: 0, also where nothing was refused; 1 no such container, or no agent.";

const TRY_EXAMPLES: &str = "\
Examples:
  bulkhead try ./new.toml --for 10m   in force for ten minutes, then taken back
  bulkhead try --confirm              keep it, until the policy is read again
  bulkhead try --cancel               take it back at once

The agent takes it back by its own clock, whatever becomes of this terminal. `bulkhead reload` and a
restart of the agent end the trial too: then the file on disk counts.
Exit codes: 0 done; 1 failed, no trial, or no agent; 3 the policy is wrong and nothing was touched.";

#[derive(Debug, Args)]
#[command(after_help = RELOAD_EXAMPLES)]
pub struct Reload {}

#[derive(Debug, Args)]
#[command(after_help = PS_EXAMPLES)]
pub struct Ps {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = TableForm::Table)]
    pub output: TableForm,
}

#[derive(Debug, Args)]
#[command(after_help = WHY_EXAMPLES)]
pub struct Why {
    /// Its name, its id, or how that begins
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// How many refusals, counting the same ones once
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub last: usize,
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = WhyForm::Text)]
    pub output: WhyForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhyForm {
    /// In words
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = TRY_EXAMPLES, group = what_to_try())]
pub struct Try {
    /// The policy
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How long, like 90s, 10m or 2h, at most 24h
    #[arg(long = "for", value_name = "TIME", value_parser = trial_span, default_value = "10m",
          conflicts_with_all = ["confirm", "cancel"])]
    pub span: SignedDuration,
    /// Keep the policy on trial
    #[arg(long)]
    pub confirm: bool,
    /// Take the policy on trial back
    #[arg(long)]
    pub cancel: bool,
}

fn what_to_try() -> ArgGroup {
    let args = ["file", "confirm", "cancel"];
    ArgGroup::new("what").required(true).args(args)
}

fn trial_span(text: &str) -> Result<SignedDuration, String> {
    let longest = SignedDuration::try_from(LONGEST).unwrap_or(SignedDuration::MAX);
    match span(text)? {
        span if span.as_secs() < 1 => Err("must be a second at least".to_owned()),
        span if span > longest => Err(format!("must be at most {longest:#}")),
        span => Ok(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_has_an_end() {
        assert_eq!(trial_span("10m"), Ok(SignedDuration::from_mins(10)));
        assert!(trial_span("100ms").is_err());
        assert_eq!(trial_span("25h"), Err("must be at most 24h".to_owned()));
    }
}
