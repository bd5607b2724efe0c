//! `bulkhead status`.

mod nagios;

use std::{
    collections::BTreeMap, error::Error, fmt::Write as _, iter, path::Path, process::ExitCode,
    thread, time::Duration,
};

use jiff::SignedDuration;
use serde_json::json;

use super::{applied, print};
use crate::{
    cli::{self, StatusForm},
    output::{self, escape},
    socket::{Request, SocketError, client::Client},
    status::{Hook, Rule, Snapshot, State},
};

/// What comes after the first try, while the connection breaks.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(100);
const OFF: &str = "no agent is running; programs end with the agent in this version";

pub fn status(args: &cli::Status, run_dir: &Path) -> anyhow::Result<ExitCode> {
    let asked = ask(run_dir);
    if args.output == StatusForm::Nagios {
        let check = nagios::check(asked.as_ref());
        print(&check.line)?;
        return Ok(check.code.into());
    }
    let (state, text, hint) = match asked {
        Ok(snapshot) => (snapshot.state, shown(&snapshot, args.output)?, None),
        Err(error) => {
            let (state, reason) = without(&error);
            let hint = error.hint().filter(|_| state == State::Unknown);
            (state, said(state, &reason, args.output), hint)
        }
    };
    let printed = print(&text);
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    printed?;
    Ok(state.exit().into())
}

/// What it means that there is no answer.
fn without(error: &SocketError) -> (State, String) {
    match error {
        SocketError::NoAgent => (State::Off, OFF.to_owned()),
        // How the connection broke says nothing to people.
        SocketError::Talk(_) => (State::Unknown, error.to_string()),
        _ => (State::Unknown, chain(error)),
    }
}

/// The error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// An agent that goes away while it is asked is one that is not there: another try tells.
fn ask(run_dir: &Path) -> Result<Snapshot, SocketError> {
    let once = || Client::ask(run_dir, &Request::Status).and_then(|mut c| c.answer());
    let mut asked = once();
    for _ in 0..TRIES {
        match asked {
            Err(SocketError::Talk(_)) => {
                thread::sleep(PAUSE);
                asked = once();
            }
            // It had its time. Whether somebody still listens is all that is left to know.
            Err(SocketError::Silent) => {
                return match Client::ask(run_dir, &Request::Status) {
                    Err(SocketError::NoAgent | SocketError::Talk(_)) => Err(SocketError::NoAgent),
                    _ => Err(SocketError::Silent),
                };
            }
            _ => break,
        }
    }
    asked
}

fn said(state: State, reason: &str, form: StatusForm) -> String {
    match form {
        StatusForm::Json => output::json(&json!({ "state": state, "reason": reason })),
        _ => format!("{}: {}", state.name(), escape(reason)),
    }
}

fn shown(snapshot: &Snapshot, form: StatusForm) -> anyhow::Result<String> {
    match form {
        StatusForm::Json => Ok(output::json(snapshot)),
        _ => Ok(table(snapshot)?),
    }
}

/// `enforcing (74 of 74 hooks)`.
fn summary(s: &Snapshot) -> String {
    let active = s.hooks.iter().filter(|hook| hook.is_active()).count();
    format!("{} ({active} of {} hooks)", s.state.name(), s.hooks.len())
}

fn table(s: &Snapshot) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{}", summary(s))?;
    for note in &s.notes {
        writeln!(out, "  {}", escape(note))?;
    }
    writeln!(out)?;
    let uptime = SignedDuration::from_secs(i64::try_from(s.uptime_seconds).unwrap_or(i64::MAX));
    let policy = s.policy.as_deref().unwrap_or("built in");
    writeln!(out, "policy      {}", escape(policy))?;
    if let Some(trial) = &s.trial {
        writeln!(out, "on trial    {}", applied::on_trial(trial))?;
    }
    writeln!(
        out,
        "agent       {} with pid {}, up {uptime:#}",
        s.version, s.pid
    )?;
    writeln!(out, "kernel      {}", escape(&s.kernel))?;
    writeln!(out, "containers  {}", s.counters.containers)?;
    writeln!(out, "denied      {}", counts(&s.counters.denied))?;
    writeln!(out, "audited     {}", counts(&s.counters.audited))?;
    writeln!(out, "lost        {}", counts(&s.counters.lost))?;
    if let Some(probe) = probe(&s.hooks) {
        writeln!(out, "probe       {probe}")?;
    }
    if !s.rules.is_empty() {
        writeln!(out, "\nrules")?;
    }
    for rule in &s.rules {
        let text = wrapped(&escape(&described(rule)));
        writeln!(out, "  {:<16} {text}", rule.name)?;
    }
    writeln!(out, "\nhooks")?;
    for hook in &s.hooks {
        let rule = hook.rule.as_deref().unwrap_or("-");
        let reason = hook
            .reason
            .as_deref()
            .map_or_else(String::new, |r| format!(": {r}"));
        let (name, state) = (&hook.name, &hook.state);
        writeln!(out, "  {name:<24} {rule:<16} {state}{}", escape(&reason))?;
    }
    Ok(out)
}

/// `active by capable`, `partly: without bpf`.
fn described(rule: &Rule) -> String {
    let Rule {
        state,
        hooks,
        missing,
        ..
    } = rule;
    match state.as_str() {
        "active" => format!("active by {}", hooks.join(", ")),
        "allowed" => "allowed by the policy: it does not hold".to_owned(),
        _ => format!("{state}: without {}", missing.join(", ")),
    }
}

/// In lines below one another, behind the name of the rule.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 80;
    let mut out = String::new();
    let mut line = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if line > 0 && line + 1 + length > WIDTH {
            out.push_str("\n                   ");
            line = 0;
        } else if line > 0 {
            out.push(' ');
            line += 1;
        }
        out.push_str(word);
        line += length;
    }
    out
}

/// What loading took, and which program came nearest to what the kernel's verifier takes.
fn probe(hooks: &[Hook]) -> Option<String> {
    let costs = || hooks.iter().filter_map(|hook| Some((hook, hook.cost?)));
    let (heaviest, most) = costs()
        .filter_map(|(hook, cost)| Some((hook, cost.instructions?)))
        .max_by_key(|(_, instructions)| *instructions)?;
    let ms: u64 = costs().map(|(_, cost)| cost.load_ms).sum();
    Some(format!(
        "{} programs, at most {most} of 1000000 instructions to verify ({}), {}.{} s to load",
        costs().count(),
        escape(&heaviest.name),
        ms / 1_000,
        ms % 1_000 / 100,
    ))
}

fn counts(counts: &BTreeMap<String, u64>) -> String {
    let total: u64 = counts.values().sum();
    if counts.is_empty() {
        return total.to_string();
    }
    let each: Vec<_> = counts
        .iter()
        .map(|(what, count)| format!("{what} {count}"))
        .collect();
    format!("{total} ({})", each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::Mode, probe::Cost, status::Counters};

    #[test]
    fn many_hooks_are_wrapped() {
        let text = wrapped(&["path_unlink,"; 12].join(" "));
        let lengths: Vec<_> = text.lines().map(|line| line.trim().len()).collect();
        assert_eq!(lengths, [77, 77]);
        assert_eq!(wrapped("active by capable"), "active by capable");
    }

    /// Of an agent that lacks a hook.
    pub(super) fn snapshot() -> Snapshot {
        let hook = |name: &str, state: &str, reason: Option<&str>| Hook {
            name: name.to_owned(),
            rule: Some("mount".to_owned()),
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
            cost: (state == "active").then_some(Cost {
                instructions: Some(41_647),
                load_ms: 3_150,
                ..Cost::default()
            }),
        };
        let rule = |name: &str, state: &str, hooks: &[&str], missing: &[&str]| Rule {
            name: name.to_owned(),
            state: state.to_owned(),
            hooks: hooks.iter().map(|h| (*h).to_owned()).collect(),
            missing: missing.iter().map(|h| (*h).to_owned()).collect(),
        };
        Snapshot {
            state: State::Partly,
            mode: Mode::Enforce,
            version: "0.1.0".to_owned(),
            kernel: "6.12.1".to_owned(),
            node: "web-3".to_owned(),
            pid: 41,
            started: "2026-11-22T05:12:09.402113Z".to_owned(),
            uptime_seconds: 3_700,
            policy: None,
            trial: None,
            counters: Counters {
                denied: [("mount".to_owned(), 2), ("setns".to_owned(), 1)].into(),
                containers: 3,
                ..Counters::default()
            },
            rules: vec![
                rule(
                    "mount",
                    "partly",
                    &["sb_mount", "move_mount"],
                    &["move_mount"],
                ),
                rule("user-namespace", "allowed", &["userns_create"], &[]),
                rule("handle", "active", &["capable"], &[]),
            ],
            hooks: vec![
                hook("sb_mount", "active", None),
                hook("move_mount", "absent", Some("not in this kernel's BTF")),
            ],
            notes: vec!["programs end with the agent in this version".to_owned()],
        }
    }

    #[test]
    fn the_table_says_it_first() {
        let expected = "\
partly (1 of 2 hooks)
  programs end with the agent in this version

policy      built in
agent       0.1.0 with pid 41, up 1h 1m 40s
kernel      6.12.1
containers  3
denied      3 (mount 2, setns 1)
audited     0
lost        0
probe       1 programs, at most 41647 of 1000000 instructions to verify (sb_mount), 3.1 s to load

rules
  mount            partly: without move_mount
  user-namespace   allowed by the policy: it does not hold
  handle           active by capable

hooks
  sb_mount                 mount            active
  move_mount               mount            absent: not in this kernel's BTF
";
        assert_eq!(table(&snapshot()).unwrap(), expected);
    }
}
