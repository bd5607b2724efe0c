//! Whether this host is protected: what `bulkhead status` shows.

mod change;
mod containers;
mod process;
mod rules;

use std::collections::BTreeMap;

pub use change::Change;
pub use containers::{Assigned, Look, Row};
#[cfg(test)]
pub use process::Process;
pub use rules::{Rule, all as rules, needing};

use serde::{Deserialize, Serialize};

use crate::{
    policy::Mode,
    probe::{self, Cost, HookState},
    socket::OnTrial,
};

/// One word for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Every hook refuses what it should.
    Enforcing,
    /// Reported, not refused.
    Auditing,
    /// Some hooks are missing.
    Partly,
    Off,
    /// The agent could not be asked.
    Unknown,
}

impl State {
    /// As monitoring plugins have it.
    pub fn exit(self) -> u8 {
        match self {
            Self::Enforcing => 0,
            Self::Auditing | Self::Partly => 1,
            Self::Off => 2,
            Self::Unknown => 3,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Enforcing => "enforcing",
            Self::Auditing => "auditing",
            Self::Partly => "partly",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
}

/// The agent's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub state: State,
    pub mode: Mode,
    pub version: String,
    /// Release of the kernel.
    pub kernel: String,
    pub node: String,
    pub pid: u32,
    /// When the agent got ready.
    pub started: String,
    pub uptime_seconds: u64,
    /// File of the policy; `None` for the built-in one.
    pub policy: Option<String>,
    /// If that is on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<OnTrial>,
    pub counters: Counters,
    /// Empty from an agent of before there were any.
    #[serde(default)]
    pub rules: Vec<Rule>,
    pub hooks: Vec<Hook>,
    /// Things an administrator should know, such as that the programs end with the agent.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// By rule.
    pub denied: BTreeMap<String, u64>,
    /// By rule.
    pub audited: BTreeMap<String, u64>,
    /// Denials that were not reported one by one, by cause.
    pub lost: BTreeMap<String, u64>,
    /// Containers now.
    pub containers: u64,
    /// Containers whose profile was found after their first programs may have run.
    #[serde(default)]
    pub late: u64,
    /// Denials that were repeats within a second and are counted in a line with others.
    #[serde(default)]
    pub suppressed: u64,
    /// Policies that were put in force since the start, and those that were refused.
    #[serde(default)]
    pub policy_loads: u64,
    #[serde(default)]
    pub policy_failures: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    pub name: String,
    pub rule: Option<String>,
    /// `active`, `absent` (this kernel lacks it) or `failed`.
    pub state: String,
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

impl Hook {
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }
}

impl From<&HookState> for Hook {
    fn from(hook: &HookState) -> Self {
        let (state, reason) = match &hook.state {
            probe::State::Active => ("active", None),
            probe::State::Absent(reason) => ("absent", Some(reason.clone())),
            probe::State::Failed(reason) => ("failed", Some(reason.clone())),
        };
        Self {
            name: hook.name.to_owned(),
            rule: hook.rule.map(str::to_owned),
            state: state.to_owned(),
            reason,
            cost: hook.cost,
        }
    }
}

/// Auditing says more than partly: nothing is refused then, whatever hooks there are.
pub fn state(mode: Mode, hooks: &[Hook]) -> State {
    match mode {
        Mode::Audit => State::Auditing,
        Mode::Enforce if hooks.iter().all(Hook::is_active) => State::Enforcing,
        Mode::Enforce => State::Partly,
    }
}

/// What is said at the start: `enforcing (14 hooks)`.
pub fn summary(mode: Mode, hooks: &[Hook]) -> String {
    let active = hooks.iter().filter(|hook| hook.is_active()).count();
    let missing: Vec<_> = hooks
        .iter()
        .filter(|hook| !hook.is_active())
        .map(|hook| hook.name.as_str())
        .collect();
    let state = state(mode, hooks).name();
    if missing.is_empty() {
        format!("{state} ({active} hooks)")
    } else {
        format!("{state} ({active} hooks; missing: {})", missing.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(name: &'static str, state: probe::State) -> Hook {
        let rule = Some("mount");
        let cost = None;
        Hook::from(&HookState {
            name,
            rule,
            state,
            cost,
        })
    }

    #[test]
    fn one_missing_hook_is_partly() {
        let all = [hook("sb_mount", probe::State::Active)];
        assert_eq!(summary(Mode::Enforce, &all), "enforcing (1 hooks)");
        assert_eq!(summary(Mode::Audit, &all), "auditing (1 hooks)");
        let some = [
            hook("sb_mount", probe::State::Active),
            hook("move_mount", probe::State::Absent("not in BTF".into())),
        ];
        assert_eq!(
            summary(Mode::Enforce, &some),
            "partly (1 hooks; missing: move_mount)"
        );
    }

    #[test]
    fn codes_are_those_of_monitoring_plugins() {
        let states = [
            State::Enforcing,
            State::Auditing,
            State::Partly,
            State::Off,
            State::Unknown,
        ];
        assert_eq!(states.map(State::exit), [0, 1, 1, 2, 3]);
    }
}
