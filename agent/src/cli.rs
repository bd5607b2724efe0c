//! The command line.

mod asking;
mod outputs;
mod time;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use jiff::{SignedDuration, Timestamp};

use self::time::span;
pub use self::{
    asking::{Ps, Reload, Try, Why, WhyForm},
    outputs::{Outputs, RunForm},
};
use crate::policy::Image;

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
  bulkhead run --export-file /var/log/bulkhead/denials.json
                                       keep 6 files of 10 MiB with what was refused
  bulkhead run -o journal              what was refused to the journal, with fields; then
                                       journalctl -t bulkhead CONTAINER_NAME=web

Signals: TERM and INT end it, HUP reads the policy again (a wrong one is reported and the one in
force stays).
The programs outlive the agent, however it ends, and the next takes them over; `bulkhead unload`
takes them off.";

const TAIL_EXAMPLES: &str = "\
Examples:
  bulkhead tail                               the last 10 denials, then what comes
  bulkhead tail -n all --no-follow -o json    the history as JSON lines
  bulkhead tail --since 10m --container web   one container, the last ten minutes
  bulkhead tail --since 05:12 -o wide         today, and all that there is to say of each
  bulkhead tail --rule host-path --verdict audited --image 'registry.example/**'

It finds a new agent by itself, and misses and repeats nothing that the agent still remembers.";

const CHECK_EXAMPLES: &str = "\
Examples:
  bulkhead check                   what `run` would read
  bulkhead check ./policy.toml     another file, with ./policy.d/*.toml
  bulkhead check -o json FILE      for editors and pipelines

The verdict is on standard output, what may be a mistake on standard error.
Exit codes: 0 fine, also with warnings; 3 wrong. Nothing is touched, and root is not needed; but
the host paths and devices of the policy must be on this machine.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  bulkhead doctor                  before the first `bulkhead run`
  bulkhead doctor -o json          for a fleet; docs/doctor.schema.json describes it
  bulkhead doctor -o json | jq -r '.findings[].remedy // empty'

Looks only, and changes nothing; no agent is needed. Without root it says what it cannot see.
Exit codes: 0 all is well; 1 this host can enforce, and something else is to mend or could not be
seen; 4 it cannot enforce.";

const UNLOAD_HELP: &str = "\
Examples:
  bulkhead unload                  the way out, when something must work that is refused

A running agent takes its programs off and ends; without one, what the last has left is taken off.
The kernel's log says so too. `bulkhead run` contains again, also what runs by then; `bulkhead try`
and `mode = \"audit\"` are the gentler ways.
Exit codes: 0 nothing is loaded any more; 1 failed; 4 not root.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  bulkhead explain -- docker run --privileged -v /srv:/data nginx
  bulkhead explain -- sudo podman run --pid host alpine
  bulkhead explain --pod deployment.yaml -o json
  bulkhead explain --bundle /run/containerd/io.containerd.runtime.v2.task/k8s.io/ID
  bulkhead explain --container web

Exit codes: 0 admitted, or only reported (audit); 1 a file cannot be read or there is no such
container; 2 wrong usage, also of docker or podman; 3 refused, or the policy is wrong.
Nothing is started and no agent is needed.";

const LEARN_EXAMPLES: &str = "\
Examples:
  bulkhead learn --for 1h                 what happens in an hour, as a policy
  bulkhead learn --for 10m --since 1h     with what is in the history of the last hour
  bulkhead learn --for 1d --write learned.toml
  bulkhead learn --for 10m --audit        refusing nothing meanwhile, as if by `bulkhead try`

A program that is refused does not go on, so what it would have done next is not seen: use `--audit`,
where this host can do without Bulkhead for so long.
Read the proposal before you use it: it lets in what was seen, whoever did it.";

const STATUS_EXIT_CODES: &str = "\
Examples:
  bulkhead status                  for people: each rule and each hook
  bulkhead status -o json          for programs
  bulkhead status -o nagios        for Nagios and Icinga, as a plugin

Exit codes, as monitoring plugins have them:
  0  enforcing
  1  auditing, or partly: some hooks are missing; or unattended: no agent is running, and the
     programs of the last one go on
  2  off: nothing is loaded
  3  unknown: the agent could not be asked
With `-o nagios` these are OK, WARNING, CRITICAL and UNKNOWN, and enforcing is WARNING (1) too where
denials were lost since the agent started.";

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
    /// What would happen to a container, and why
    Explain(Explain),
    /// Every container: profile, what was refused, what would be refused today
    Ps(Ps),
    /// Why a container was refused something, and what would let it pass
    Why(Why),
    /// Read the policy again, and say what is different
    Reload(Reload),
    /// A policy for a while, taken back unless it is confirmed
    Try(Try),
    /// Follow what is refused for some time, and propose a policy that lets it in
    Learn(Learn),
    /// Take every program off: containers are not contained any more
    #[command(after_help = UNLOAD_HELP)]
    Unload,
    /// What this host has and lacks, and the command that mends each
    Doctor(Doctor),
    /// The forbidden thing that the agent tries on itself before it says it is ready
    #[command(hide = true)]
    Canary {
        /// The scratch cgroup
        cgroup: PathBuf,
    },
    /// The manual pages, for those who make packages
    #[command(hide = true)]
    Man {
        /// A folder that is there
        folder: PathBuf,
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
    /// Let the programs end with the agent: no agent, no protection
    #[arg(long)]
    pub no_pin: bool,
    #[command(flatten)]
    pub outputs: Outputs,
    /// Started in a container with the host's processes: become a process of the host first
    #[arg(long, requires = "no_pin")]
    pub from_container: bool,
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
    /// Only what is younger: 30s, 10m, 2h, 1d, 05:12, yesterday, "2026-11-22 05:12",
    /// 2026-11-22T05:12:09Z
    #[arg(long, value_name = "TIME", value_parser = time::since, allow_hyphen_values = true)]
    pub since: Option<Timestamp>,
    /// Only containers of exactly this name (of a pod: namespace/pod/container), or whose id begins so
    #[arg(long, value_name = "NAME|ID", value_parser = NonEmptyStringValueParser::new())]
    pub container: Vec<String>,
    /// Only containers of this image, with the patterns of the policy's `assign`
    #[arg(long, value_name = "IMAGE", value_parser = image)]
    pub image: Vec<Image>,
    /// Only this rule
    #[arg(long, value_parser = rules())]
    pub rule: Vec<String>,
    /// Only this verdict
    #[arg(long, value_parser = ["denied", "audited", "stopped", "running"])]
    pub verdict: Vec<String>,
    /// Form of the output [default: compact on a terminal, else json]
    #[arg(short, long, value_enum, value_name = "FORM")]
    pub output: Option<Form>,
    /// End after the history
    #[arg(long, overrides_with = "follow")]
    pub no_follow: bool,
    /// Go on with what comes, as it does anyway
    #[arg(short, long, overrides_with = "no_follow")]
    pub follow: bool,
}

#[derive(Debug, Args)]
#[command(after_help = STATUS_EXIT_CODES)]
pub struct Status {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = StatusForm::Table)]
    pub output: StatusForm,
}

#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub struct Doctor {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = CheckForm::Text)]
    pub output: CheckForm,
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
    /// Lines, for people
    Text,
    /// One JSON object with every finding
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES, group(
    clap::ArgGroup::new("what").required(true).args(["command", "bundle", "pod", "container"])
))]
pub struct Explain {
    /// `docker run|create|exec …` or `podman run|create|exec …`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    pub command: Vec<String>,
    /// An OCI bundle, or its config.json
    #[arg(long, value_name = "DIR|FILE")]
    pub bundle: Option<PathBuf>,
    /// Kubernetes manifests in YAML or JSON: every container of every Pod in it
    #[arg(long, value_name = "FILE")]
    pub pod: Option<PathBuf>,
    /// A running container, by its name or how its id begins; needs root
    #[arg(long, value_name = "NAME|ID")]
    pub container: Option<String>,
    /// Policy file [default: /etc/bulkhead/policy.toml if there is one, else the built-in policy]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = ExplainForm::Text)]
    pub output: ExplainForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainForm {
    /// The verdict, every setting that decided, and what to change
    Text,
    /// One JSON object for each container
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = LEARN_EXAMPLES)]
pub struct Learn {
    /// How long, like 10m or 1h; Ctrl-C ends it early
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub time: SignedDuration,
    /// Begin with the history that is younger
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub since: Option<SignedDuration>,
    /// Refuse nothing meanwhile; the agent goes back by its own clock
    #[arg(long)]
    pub audit: bool,
    /// A new file for the proposal [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One aligned line a denial, for people
    Compact,
    /// The same with everything a person may ask for
    Wide,
    /// One JSON object a line, as in docs/denial.schema.json
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusForm {
    Table,
    Json,
    /// One line for Nagios and Icinga, with performance data
    Nagios,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableForm {
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

fn image(text: &str) -> Result<Image, String> {
    Image::try_from(text.to_owned())
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
    fn lines_are_a_number_or_all() {
        assert_eq!(lines("all"), Ok(Lines::All));
        assert_eq!(lines("0"), Ok(Lines::Last(0)));
        assert!(lines("many").is_err());
    }
}
