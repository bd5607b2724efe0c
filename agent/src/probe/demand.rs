//! Which hooks there have to be.

use super::{HookState, ProbeError, Settings, State};
use crate::policy::Mode;

/// Enforcing with a hook missing would claim what is not so, unless the policy knows of it. What is
/// there but cannot be attached is never as it should be.
pub fn hooks(hooks: &[HookState], settings: &Settings<'_>) -> Result<(), ProbeError> {
    let may_lack =
        |rule: &str| settings.mode == Mode::Audit || settings.allow_missing.contains_named(rule);
    let wrong: Vec<_> = hooks
        .iter()
        .filter_map(|hook| match &hook.state {
            State::Active => None,
            State::Absent(_) if hook.rule.is_some_and(may_lack) => None,
            State::Absent(reason) | State::Failed(reason) => {
                Some(format!("{}: {reason}", hook.name))
            }
        })
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(ProbeError::Hooks(wrong.join("\n  ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{anchors::Table, devices::Devices, policy};

    fn start(state: State, rule: Option<&'static str>, policy: &str) -> Result<(), ProbeError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.toml");
        std::fs::write(&file, policy).unwrap();
        let policy = policy::load(Some(&file), folder.path()).unwrap();
        let hook = HookState {
            name: "userns_create",
            rule,
            state,
            cost: None,
        };
        let settings = Settings {
            mode: policy.mode,
            allow_missing: policy.allow_missing,
            profiles: &[],
            assign: &|_, _| 0,
            peers: &|_, _| [None, None],
            anchors: &Table::default(),
            of_runtime: &|_| 0,
            devices: &Devices::default(),
            kernel_log: false,
        };
        hooks(&[hook], &settings)
    }

    #[test]
    fn a_hook_may_be_missing_where_the_policy_says_so() {
        let absent = || State::Absent("not here".into());
        let (rule, missing) = (
            Some("user-namespace"),
            "allow_missing = [\"user-namespace\"]",
        );
        assert!(start(State::Active, rule, "").is_ok());
        let error = start(absent(), rule, "").unwrap_err();
        assert!(
            error.to_string().contains("userns_create: not here"),
            "{error}"
        );
        assert!(start(absent(), rule, missing).is_ok());
        assert!(start(absent(), Some("setns"), missing).is_err());
        assert!(start(absent(), None, missing).is_err(), "every rule's");
        assert!(start(absent(), rule, "mode = \"audit\"").is_ok());
        assert!(start(State::Failed("broken".into()), rule, missing).is_err());
    }
}
