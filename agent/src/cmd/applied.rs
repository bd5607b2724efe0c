//! What became of a policy that was put in force, in words.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    output::escape,
    policy::Mode,
    socket::{Applied, OnTrial},
    status::Change,
};

/// What is different now, a line each.
pub fn lines(applied: &Applied) -> Vec<String> {
    let policy = applied.policy.as_deref().unwrap_or("built in");
    let mut all = vec![format!("policy      {}", escape(policy))];
    all.extend(change(&applied.change));
    all
}

fn change(change: &Change) -> Vec<String> {
    if change.is_nothing() {
        return vec!["nothing is different".to_owned()];
    }
    let mut all = Vec::new();
    let mut say = |what: &str, text: String| all.push(format!("{what:<11} {}", escape(&text)));
    if let Some((old, new)) = change.mode {
        say("mode", format!("{} → {}", mode(old), mode(new)));
    }
    if let Some((old, new)) = &change.default {
        say("default", format!("{old} → {new}"));
    }
    for (what, names) in [
        ("added", &change.added),
        ("removed", &change.removed),
        ("changed", &change.changed),
    ] {
        if !names.is_empty() {
            say(what, names.join(", "));
        }
    }
    if change.assigns {
        say("assigned", "by other rules".to_owned());
    }
    let containers = match change.containers {
        0 => "none has another profile".to_owned(),
        1 => "1 has another profile".to_owned(),
        count => format!("{count} have another profile"),
    };
    say("containers", containers);
    all
}

pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Audit => "audit",
    }
}

/// What is on trial, and until when.
pub fn on_trial(trial: &OnTrial) -> String {
    let policy = escape(&trial.policy);
    if let Some(failure) = &trial.failure {
        return format!("{policy} is over and stays: {}", escape(failure));
    }
    let left = SignedDuration::from_secs(i64::try_from(trial.seconds_left).unwrap_or(i64::MAX));
    let until = time(&trial.until, &TimeZone::system());
    format!("{policy} until {until}, {left:#} from now")
}

/// The wall clock's time where this is read.
pub fn time(text: &str, zone: &TimeZone) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_its_line() {
        let all = Change {
            mode: Some((Mode::Enforce, Mode::Audit)),
            default: Some(("baseline".into(), "ci".into())),
            added: vec!["ci".into(), "x\n".into()],
            changed: vec!["baseline".into()],
            assigns: true,
            containers: 3,
            ..Change::default()
        };
        assert_eq!(
            change(&all),
            [
                "mode        enforce → audit",
                "default     baseline → ci",
                "added       ci, x\\n",
                "changed     baseline",
                "assigned    by other rules",
                "containers  3 have another profile",
            ]
        );
        assert_eq!(change(&Change::default()), ["nothing is different"]);
    }

    #[test]
    fn a_trial_says_until_when() {
        let mut trial = OnTrial {
            policy: "/root/new.toml".into(),
            until: "2026-11-22T05:12:09.402113Z".into(),
            seconds_left: 90,
            failure: None,
        };
        assert!(on_trial(&trial).ends_with(", 1m 30s from now"));
        let until = time(&trial.until, &TimeZone::UTC);
        assert_eq!(until, "05:12:09");
        trial.failure = Some("too many".into());
        assert_eq!(
            on_trial(&trial),
            "/root/new.toml is over and stays: too many"
        );
    }
}
