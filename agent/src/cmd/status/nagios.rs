//! One line as Nagios and Icinga read it, with performance data behind the bar:
//! <https://nagios-plugins.org/doc/guidelines.html>.

use std::collections::BTreeMap;

use crate::{
    output::escape,
    status::{Snapshot, State},
};

/// What monitoring calls it.
const fn word(state: State) -> &'static str {
    match state {
        State::Enforcing => "OK",
        State::Auditing | State::Partly => "WARNING",
        State::Off => "CRITICAL",
        State::Unknown => "UNKNOWN",
    }
}

/// Of an agent that answered. Counters only grow, which is what `c` says.
pub(super) fn line(snapshot: &Snapshot, summary: &str) -> String {
    let total = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
    let counters = &snapshot.counters;
    format!(
        "{} | denied={}c audited={}c lost={}c late={}c containers={} uptime={}s",
        without(snapshot.state, summary),
        total(&counters.denied),
        total(&counters.audited),
        total(&counters.lost),
        counters.late,
        counters.containers,
        snapshot.uptime_seconds,
    )
}

/// Where there is nothing to count.
pub(super) fn without(state: State, reason: &str) -> String {
    // The bar begins the performance data.
    let reason = escape(reason).replace('|', "/");
    format!("BULKHEAD {} - {reason}", word(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_for_performance_data() {
        assert_eq!(
            without(State::Off, "no agent | \x1b"),
            "BULKHEAD CRITICAL - no agent / \\u{1b}"
        );
        let words = [State::Enforcing, State::Partly, State::Off, State::Unknown];
        let codes = words.map(|state| (word(state), state.exit()));
        assert_eq!(
            codes,
            [("OK", 0), ("WARNING", 1), ("CRITICAL", 2), ("UNKNOWN", 3)]
        );
    }
}
