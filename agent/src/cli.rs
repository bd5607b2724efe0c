//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;

use crate::agent::LONGEST;

const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  failed
  2  wrong usage
  3  policy refused; nothing was touched
  4  this host cannot do what was asked (not root, no BTF, `bpf` not in `lsm=`, …)
`status` has its own, see `bulkhead status --help`.";

const RUN_EXAMPLES: &str = "\
Examples:
  bulkhead run                         enforce the built-in policy
  bulkhead run --audit -o json         refuse nothing, print what would be refused
  bulkhead run --policy ./policy.toml  another policy file

Signals: TERM and INT end it, HUP reads the policy again (a wrong one is reported and the one in
force stays).
In this version the programs end with the agent: no agent, no protection.";

const TAIL_EXAMPLES: &str = "\
Examples:
  bulkhead tail                               the last 10 denials, then what comes
  bulkhead tail -n all --no-follow -o json    the history as JSON lines
  bulkhead tail --since 10m --container web   one container, the last ten minutes
  bulkhead tail --rule host-path --verdict audited";

const CHECK_EXAMPLES: &str = "\
Examples:
  bulkhead check                   what `run` would read
  bulkhead check ./policy.toml     another file, with ./policy.d/*.toml
  bulkhead check -o json FILE      for editors and pipelines

The verdict is on standard output, what may be a mistake on standard error.
Exit codes: 0 fine, also with warnings; 3 wrong. Nothing is touched, and root is not needed; but
the host paths and devices of the policy must be on this machine.";

const RELOAD_EXAMPLES: &str = "\
Examples:
  bulkhead reload                  after the policy file was changed; says what is different

Does what SIGHUP does, and waits for what comes of it. A policy on trial ends with it.
Exit codes: 0 in force; 1 failed, or no agent; 3 the policy is wrong and the one in force stays.";

const PS_EXAMPLES: &str = "\
Examples:
  bulkhead ps                      every container, with what its profile would refuse today
  bulkhead ps -o json              with capabilities, namespaces, seccomp and user

A container that ran before Bulkhead, or before its policy, may have what it would not get today.
Mounts are not looked at here.";

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

const STATUS_EXIT_CODES: &str = "\
Exit codes, as monitoring plugins have them:
  0  enforcing
  1  auditing, or partly: some hooks are missing
  2  off: no agent is running (in this version the programs end with the agent)
  3  unknown: the agent could not be asked";

/// Keeps containers from reaching the host.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    /// Folder of the socket and the lock
    #[arg(
        long,
        global = true,
        hide = true,
        env = "BULKHEAD_RUN_DIR",
        default_value = "/run/bulkhead"
    )]
    pub run_dir: PathBuf,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The daemon: load the programs, enforce the policy, print what is refused
    Run(Run),
    /// What was refused: history first, then follow
    Tail(Tail),
    /// Whether this host is protected, by which hooks, and what was refused
    Status(Status),
    /// Is a policy right? Says what is wrong with it and where, and what is hardly meant so
    Check(Check),
    /// Every container: profile, what was refused, what would be refused today
    Ps(Ps),
    /// Why a container was refused something, and what would let it pass
    Why(Why),
    /// Read the policy again, and say what is different
    Reload(Reload),
    /// A policy for a while, taken back unless it is confirmed
    Try(Try),
    /// The forbidden thing that the agent tries on itself before it says it is ready
    #[command(hide = true)]
    Canary {
        /// The scratch cgroup
        cgroup: PathBuf,
    },
    /// Completions for a shell, on standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct Run {
    /// Policy file, and the folder policy.d beside it [default: /etc/bulkhead/policy.toml if there is one, else the built-in policy]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Refuse nothing, report what would be refused, whatever the policy says
    #[arg(long)]
    pub audit: bool,
    /// Form of the denials on standard output [default: compact on a terminal, else json]
    #[arg(short, long, value_enum, value_name = "FORM")]
    pub output: Option<Form>,
    /// Forward the log of a probe built with its `trace` feature to standard error
    #[arg(long)]
    pub kernel_log: bool,
}

#[derive(Debug, Args)]
#[command(after_help = TAIL_EXAMPLES)]
pub struct Tail {
    /// How many denials of the history to show, or `all` [default: 10, with --since all]
    #[arg(short = 'n', long, value_name = "N", value_parser = lines)]
    pub lines: Option<Lines>,
    /// Only what is younger, like 30s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub since: Option<SignedDuration>,
    /// Only containers of this name, or whose id begins so
    #[arg(long, value_name = "NAME|ID")]
    pub container: Vec<String>,
    /// Only this rule
    #[arg(long, value_parser = rules())]
    pub rule: Vec<String>,
    /// Only this verdict
    #[arg(long, value_parser = ["denied", "audited"])]
    pub verdict: Vec<String>,
    /// Form of the output [default: compact on a terminal, else json]
    #[arg(short, long, value_enum, value_name = "FORM")]
    pub output: Option<Form>,
    /// End after the history
    #[arg(long)]
    pub no_follow: bool,
}

#[derive(Debug, Args)]
#[command(after_help = STATUS_EXIT_CODES)]
pub struct Status {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = StatusForm::Table)]
    pub output: StatusForm,
}

#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct Check {
    /// Policy file, and the folder policy.d beside it [default: /etc/bulkhead/policy.toml if there is one, else the built-in policy]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = CheckForm::Text)]
    pub output: CheckForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckForm {
    /// One line, for people
    Text,
    /// One JSON object with every finding
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = RELOAD_EXAMPLES)]
pub struct Reload {}

#[derive(Debug, Args)]
#[command(after_help = PS_EXAMPLES)]
pub struct Ps {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = StatusForm::Table)]
    pub output: StatusForm,
}

#[derive(Debug, Args)]
#[command(after_help = WHY_EXAMPLES)]
pub struct Why {
    /// Its name, its id, or how that begins
    #[arg(value_name = "CONTAINER", value_parser = clap::builder::NonEmptyStringValueParser::new())]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One aligned line a denial, for people
    Compact,
    /// One JSON object a line, as in docs/denial.schema.json
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusForm {
    Table,
    Json,
}

/// How much of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    All,
    Last(usize),
}

fn lines(text: &str) -> Result<Lines, String> {
    if text == "all" {
        return Ok(Lines::All);
    }
    text.parse()
        .map(Lines::Last)
        .map_err(|_| "neither a number nor `all`".to_owned())
}

fn span(text: &str) -> Result<SignedDuration, String> {
    let span: SignedDuration = text
        .parse()
        .map_err(|_| "not a time span, write it like 30s, 10m or 2h".to_owned())?;
    if span.is_negative() {
        Err("must not be negative".to_owned())
    } else {
        Ok(span)
    }
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

fn rules() -> clap::builder::PossibleValuesParser {
    probe_common::rule::rules::ALL
        .iter()
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn time_spans_read_as_people_write_them() {
        assert_eq!(span("10m"), Ok(SignedDuration::from_mins(10)));
        assert_eq!(span("1h30m"), Ok(SignedDuration::from_mins(90)));
        assert!(span("soon").is_err());
        assert!(span("-5m").is_err());
    }

    #[test]
    fn a_trial_has_an_end() {
        assert_eq!(trial_span("10m"), Ok(SignedDuration::from_mins(10)));
        assert!(trial_span("100ms").is_err());
        assert_eq!(trial_span("25h"), Err("must be at most 24h".to_owned()));
    }

    #[test]
    fn lines_are_a_number_or_all() {
        assert_eq!(lines("all"), Ok(Lines::All));
        assert_eq!(lines("0"), Ok(Lines::Last(0)));
        assert!(lines("many").is_err());
    }
}
