//! One line as Nagios and Icinga read it, with performance data behind the bar:
//! <https://nagios-plugins.org/doc/guidelines.html>.
//!
//! No agent is WARNING while the programs of the last one go on, and else CRITICAL: nothing is refused.
//! An agent that cannot be asked is UNKNOWN.

use std::collections::BTreeMap;

use super::{counts, summary, without};
use crate::{
    output::escape,
    socket::SocketError,
    status::{Snapshot, State},
};

/// What monitoring is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) line: String,
    pub(super) code: u8,
}

const WARNING: u8 = 1;

pub(super) fn check(asked: Result<&Snapshot, &SocketError>, pinned: usize) -> Check {
    match asked {
        Ok(snapshot) => answered(snapshot),
        Err(error) => {
            let (state, mut reason) = without(error, pinned);
            // Whoever reads it has no standard error.
            if let Some(hint) = error.hint().filter(|_| state == State::Unknown) {
                reason = format!("{reason} ({hint})");
            }
            Check {
                line: text(state.exit(), &reason),
                code: state.exit(),
            }
        }
    }
}

fn answered(snapshot: &Snapshot) -> Check {
    let state = snapshot.state.exit();
    let mut says = summary(snapshot);
    let by_place = lost(snapshot);
    let lost = total(&by_place);
    let code = if lost > 0 { state.max(WARNING) } else { state };
    if lost > 0 {
        let since = counts(&by_place);
        says = format!("{says}, denials lost since the agent started: {since}");
    }
    Check {
        line: format!("{} | {}", text(code, &says), performance(snapshot, lost)),
        code,
    }
}

/// A reader that is too slow is its own affair.
fn lost(snapshot: &Snapshot) -> BTreeMap<String, u64> {
    let mut lost = snapshot.counters.lost.clone();
    lost.remove("reader");
    lost
}

/// `LABEL=VALUE[UNIT];WARN;CRIT;MIN;MAX`. Counters only grow, which is what `c` says.
fn performance(snapshot: &Snapshot, lost: u64) -> String {
    let counters = &snapshot.counters;
    let hooks = &snapshot.hooks;
    let (active, all) = (
        hooks.iter().filter(|hook| hook.is_active()).count(),
        hooks.len(),
    );
    format!(
        "denied={}c;;;0 audited={}c;;;0 lost={lost}c;0;;0 late={}c;;;0 containers={};;;0 \
         hooks={active};{all}:;;0;{all} uptime={}s;;;0",
        total(&counters.denied),
        total(&counters.audited),
        counters.late,
        counters.containers,
        snapshot.uptime_seconds,
    )
}

fn total(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn text(code: u8, says: &str) -> String {
    let word = match code {
        0 => "OK",
        WARNING => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    // The bar begins the performance data.
    format!("BULKHEAD {word} - {}", escape(says).replace('|', "/"))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::snapshot, *};

    const DATA: &str = "denied=3c;;;0 audited=0c;;;0 lost=0c;0;;0 late=0c;;;0 containers=3;;;0 \
                        hooks=1;2:;;0;2 uptime=3700s;;;0";

    #[test]
    fn each_state_has_its_word_and_code() {
        let mut snapshot = snapshot();
        for (state, code, start) in [
            (
                State::Enforcing,
                0,
                "BULKHEAD OK - enforcing (1 of 2 hooks) | ",
            ),
            (
                State::Auditing,
                1,
                "BULKHEAD WARNING - auditing (1 of 2 hooks) | ",
            ),
            (
                State::Partly,
                1,
                "BULKHEAD WARNING - partly (1 of 2 hooks) | ",
            ),
        ] {
            snapshot.state = state;
            let line = format!("{start}{DATA}");
            assert_eq!(check(Ok(&snapshot), 0), Check { line, code });
        }
    }

    #[test]
    fn losses_are_a_warning() {
        let mut snapshot = snapshot();
        snapshot.state = State::Enforcing;
        snapshot.counters.lost = [("ring".to_owned(), 5), ("budget".to_owned(), 2)].into();
        let found = check(Ok(&snapshot), 0);
        assert_eq!(found.code, 1);
        let start = "BULKHEAD WARNING - enforcing (1 of 2 hooks), denials lost since the agent \
                     started: 7 (budget 2, ring 5) | denied=3c;;;0 audited=0c;;;0 lost=7c;0;;0 ";
        assert!(found.line.starts_with(start), "{}", found.line);
    }

    #[test]
    fn no_agent_is_critical_and_no_answer_unknown() {
        let found = check(Err(&SocketError::NoAgent), 0);
        assert_eq!(found.code, 2);
        let start = "BULKHEAD CRITICAL - no agent is running and ";
        assert!(found.line.starts_with(start), "{}", found.line);
        let found = check(Err(&SocketError::NoAgent), 75);
        assert_eq!(found.code, 1);
        let start = "BULKHEAD WARNING - no agent is running; the 75 programs ";
        assert!(found.line.starts_with(start), "{}", found.line);
        let found = check(Err(&SocketError::Silent), 0);
        assert_eq!(found.code, 3);
        let start = "BULKHEAD UNKNOWN - the agent does not answer";
        assert!(found.line.starts_with(start), "{}", found.line);
    }

    #[test]
    fn the_bar_and_the_line_are_kept() {
        let found = check(Err(&SocketError::Refused("a | b\nc \x1b".to_owned())), 0);
        assert_eq!(
            found.line,
            "BULKHEAD UNKNOWN - the agent refused: a / b\\nc \\u{1b}"
        );
    }
}
