//! Metrics for Prometheus: names and help as `promtool check metrics` likes them.

mod place;
mod server;

use std::{collections::BTreeMap, fmt};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

pub use place::Place;
pub use server::serve;

use crate::{
    containers::Lookup,
    status::{Snapshot, State},
};

const PREFIX: &str = "bulkhead";
/// What may lose denials, so that a first loss is an increase.
const CAUSES: [&str; 5] = ["agent", "budget", "malformed", "reader", "ring"];

type Labels = Vec<(&'static str, String)>;

/// Rule, profile and verdict of a denial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub rule: &'static str,
    pub profile: String,
    pub verdict: &'static str,
}

/// What is measured at one moment.
#[derive(Debug)]
pub struct Sample {
    pub snapshot: Snapshot,
    /// Seconds since 1970.
    pub started: i64,
    pub denials: BTreeMap<Kind, u64>,
    pub containers: Vec<Lookup>,
}

/// How the text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    OpenMetrics,
    /// What Prometheus read before, and other programs still do.
    Classic,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The text that is scraped.
///
/// # Errors
/// None that can happen.
pub fn encode(sample: &Sample, format: Format) -> Result<String, fmt::Error> {
    let mut text = String::new();
    text::encode(&mut text, &registry(sample))?;
    Ok(match format {
        Format::OpenMetrics => text,
        Format::Classic => classic(&text),
    })
}

fn registry(sample: &Sample) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    about_denials(&mut registry, sample);
    about_the_agent(&mut registry, &sample.snapshot, sample.started);
    about_the_policy(&mut registry, &sample.snapshot);
    let containers = Family::<Labels, Gauge>::default();
    for (state, lookup) in [
        ("resolved", Lookup::Resolved),
        ("pending", Lookup::Pending),
        ("failed", Lookup::Failed),
    ] {
        let count = sample.containers.iter().filter(|l| **l == lookup).count();
        let labels = label("lookup", state);
        containers.get_or_create(&labels).set(count as i64);
    }
    let help = "Containers that the kernel knows, by whether their name and image are known";
    registry.register("containers", help, containers);
    registry
}

fn about_denials(registry: &mut Registry, sample: &Sample) {
    let counters = &sample.snapshot.counters;
    let denials = Family::<Labels, Counter>::default();
    for (kind, count) in &sample.denials {
        let labels = vec![
            ("rule", kind.rule.to_owned()),
            ("profile", kind.profile.clone()),
            ("verdict", kind.verdict.to_owned()),
        ];
        denials.get_or_create(&labels).inc_by(*count);
    }
    let help = "Acts of containers that were refused, or in audit mode only reported";
    registry.register("denials", help, denials);
    let lost = Family::<Labels, Counter>::default();
    for cause in CAUSES {
        lost.get_or_create(&label("cause", cause)).inc_by(0);
    }
    for (cause, count) in &counters.lost {
        lost.get_or_create(&label("cause", cause)).inc_by(*count);
    }
    let help = "Denials that are no lines, or that one output or reader did not get";
    registry.register("lost_denials", help, lost);
    let help = "Denials that were repeats within a second and are counted in a line with others";
    count(registry, ("suppressed_denials", help), counters.suppressed);
    let help = "Containers whose profile was found after their first programs may have run";
    count(registry, ("late_containers", help), counters.late);
}

fn about_the_agent(registry: &mut Registry, snapshot: &Snapshot, started: i64) {
    let info = Family::<Labels, Gauge>::default();
    let labels = vec![
        ("version", snapshot.version.clone()),
        ("kernel", snapshot.kernel.clone()),
    ];
    info.get_or_create(&labels).set(1);
    let help = "Version of the agent and release of the kernel";
    registry.register("build_info", help, info);
    let start = Gauge::<i64>::default();
    start.set(started);
    let help = "When the agent got ready, in seconds since 1970";
    registry.register("start_time_seconds", help, start);
    let state = Family::<Labels, Gauge>::default();
    for one in [State::Enforcing, State::Auditing, State::Partly] {
        let is_it = i64::from(one == snapshot.state);
        state.get_or_create(&label("state", one.name())).set(is_it);
    }
    let help = "Whether the agent enforces, audits, or enforces with hooks missing";
    registry.register("state", help, state);
    let hooks = Family::<Labels, Gauge>::default();
    for state in ["active", "absent", "failed"] {
        let count = snapshot.hooks.iter().filter(|hook| hook.state == state);
        let count = count.count() as i64;
        hooks.get_or_create(&label("state", state)).set(count);
    }
    let help = "Hooks of the kernel by state: active, absent from this kernel, or failed";
    registry.register("hooks", help, hooks);
}

fn about_the_policy(registry: &mut Registry, snapshot: &Snapshot) {
    let loads = Family::<Labels, Counter>::default();
    let counters = &snapshot.counters;
    for (result, count) in [
        ("success", counters.policy_loads),
        ("failure", counters.policy_failures),
    ] {
        loads.get_or_create(&label("result", result)).inc_by(count);
    }
    let help = "Policies that were put in force, or refused while the one before stayed";
    registry.register("policy_loads", help, loads);
    let trial = Gauge::<i64>::default();
    trial.set(i64::from(snapshot.trial.is_some()));
    let help = "Whether the policy in force is on trial";
    registry.register("policy_on_trial", help, trial);
}

fn count(registry: &mut Registry, (name, help): (&str, &str), count: u64) {
    let counter = Counter::<u64>::default();
    counter.inc_by(count);
    registry.register(name, help, counter);
}

fn label(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}

/// The older format names a counter with its `_total` everywhere, and has no end mark.
fn classic(text: &str) -> String {
    let mut counters = Vec::new();
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix("# TYPE ")
            .and_then(|l| l.strip_suffix(" counter"))
        {
            counters.push(name);
        }
    }
    let mut out = String::with_capacity(text.len());
    for line in text.lines().filter(|line| *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(&name) => {
                out.push_str(&format!("# {what} {name}_total {rest}"));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
