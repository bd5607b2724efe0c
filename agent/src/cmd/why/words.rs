//! An answer as people read it.

use jiff::tz::TimeZone;

use super::refusals::{Answer, Refusal};
use crate::{
    cmd::{applied::time, ps::short},
    denials::Violation,
    output::{cause, escape},
};

pub(super) fn text(answer: &Answer, zone: &TimeZone) -> String {
    let mut all = vec![head(answer)];
    if answer.refusals.is_empty() && answer.earlier == 0 {
        all.push("nothing was refused".to_owned());
    }
    if answer.earlier > 0 {
        all.push(format!(
            "{} earlier ones are left out: --last",
            answer.earlier
        ));
    }
    for refusal in &answer.refusals {
        all.push(String::new());
        all.extend(lines(refusal, answer, zone));
    }
    all.join("\n")
}

/// `web (2f4370a91c55), nginx:1.27, profile baseline`.
fn head(answer: &Answer) -> String {
    let id = answer.id.as_deref().map(short);
    let name = match (&answer.name, id) {
        (Some(name), Some(id)) if *name != id => format!("{} ({id})", escape(name)),
        (Some(name), _) => escape(name),
        (None, id) => id.unwrap_or_else(|| "container".to_owned()),
    };
    let image = answer.image.as_deref().map(escape);
    let image = image.map_or_else(String::new, |image| format!(", {image}"));
    let gone = if answer.present { "" } else { ", gone" };
    format!("{name}{image}, profile {}{gone}", escape(&answer.profile))
}

fn lines(refusal: &Refusal, answer: &Answer, zone: &TimeZone) -> Vec<String> {
    let Refusal {
        rule, tried, by, ..
    } = refusal;
    let why = refusal.cause.as_deref().map(cause);
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let mut all = vec![escape(&format!("{rule}: {tried} by {by}{why}"))];
    // The one in the first line needs no second.
    if refusal.violations.len() > 1 {
        let lines = refusal.violations.iter().map(violation);
        all.extend(lines.map(|line| format!("  {}", escape(&line))));
    }
    if let Some(unnamed) = refusal.unnamed {
        all.push(format!("  and {unnamed} more mounts"));
    }
    all.push(format!("  {}", how_often(refusal, zone)));
    if refusal.profile != answer.profile {
        all.push(format!(
            "  its profile was {} then",
            escape(&refusal.profile)
        ));
    }
    let hint = refusal.hint.as_deref();
    let hint = hint.unwrap_or("no setting lets this pass");
    all.push(format!("  → {}", escape(hint)));
    all
}

fn how_often(refusal: &Refusal, zone: &TimeZone) -> String {
    let verdict = match refusal.verdict.as_str() {
        "audited" => "reported, not refused,",
        _ => "refused",
    };
    let last = time(&refusal.last, zone);
    match refusal.count {
        1 => format!("{verdict} once, at {last}"),
        count => {
            let first = time(&refusal.first, zone);
            format!("{verdict} {count} times, from {first} to {last}")
        }
    }
}

fn violation(violation: &Violation) -> String {
    let what = match violation.rule.as_str() {
        "capabilities" if violation.capabilities.len() > 8 => {
            format!("{} of them too many", violation.capabilities.len())
        }
        "seccomp" => "no filter".to_owned(),
        "no-new-privs" => "programs may gain privileges".to_owned(),
        "root-user" => "the host's user 0".to_owned(),
        "capabilities" => violation.capabilities.join(", "),
        "host-namespace" => violation.namespaces.join(", "),
        "kernel-filesystem" => violation.filesystems.join(", "),
        _ => String::new(),
    };
    let from = violation.host_path.clone().unwrap_or_default();
    let at = violation.path.as_ref();
    let at = at.map_or_else(String::new, |path| format!("→ {path}"));
    let why = violation.cause.as_deref().map(cause);
    let why = why.map_or_else(String::new, |why| format!("({why})"));
    let rule = format!("{}:", violation.rule);
    let parts = [&rule, &what, &from, &at, &why];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(rule: &str) -> Refusal {
        Refusal {
            rule: rule.to_owned(),
            verdict: "denied".to_owned(),
            tried: "mount /dev/sda1 → /mnt".to_owned(),
            by: "mount".to_owned(),
            cause: None,
            profile: "baseline".to_owned(),
            count: 1,
            first: "2026-11-22T05:12:09.402113Z".to_owned(),
            last: "2026-11-22T05:12:11.402113Z".to_owned(),
            violations: Vec::new(),
            unnamed: None,
            hint: None,
        }
    }

    fn answer(refusals: Vec<Refusal>) -> Answer {
        Answer {
            id: Some("2f".repeat(32)),
            name: Some("web".to_owned()),
            image: Some("nginx:1.27".to_owned()),
            profile: "baseline".to_owned(),
            present: true,
            refusals,
            earlier: 0,
        }
    }

    #[test]
    fn nothing_is_said_too() {
        assert_eq!(
            text(&answer(Vec::new()), &TimeZone::UTC),
            "web (2f2f2f2f2f2f), nginx:1.27, profile baseline\nnothing was refused"
        );
    }

    #[test]
    fn each_has_its_words_and_its_change() {
        let violation = |rule: &str| Violation {
            rule: rule.to_owned(),
            ..Violation::default()
        };
        let admission = Refusal {
            tried: "/srv → /x (ext4)".to_owned(),
            by: "sh".to_owned(),
            cause: Some("unanchored".to_owned()),
            count: 3,
            profile: "restricted".to_owned(),
            violations: vec![
                Violation {
                    host_path: Some("/srv".into()),
                    path: Some("/x".into()),
                    cause: Some("unanchored".into()),
                    ..violation("host-path")
                },
                Violation {
                    capabilities: vec!["SYS_ADMIN".into()],
                    ..violation("capabilities")
                },
                violation("seccomp"),
            ],
            unnamed: Some(2),
            hint: Some("write it\u{1b}".into()),
            ..refusal("host-path")
        };
        let answer = Answer {
            earlier: 4,
            present: false,
            ..answer(vec![refusal("mount"), admission])
        };
        let expected = "\
web (2f2f2f2f2f2f), nginx:1.27, profile baseline, gone
4 earlier ones are left out: --last

mount: mount /dev/sda1 → /mnt by mount
  refused once, at 05:12:11
  → no setting lets this pass

host-path: /srv → /x (ext4) by sh: no anchor
  host-path: /srv → /x (no anchor)
  capabilities: SYS_ADMIN
  seccomp: no filter
  and 2 more mounts
  refused 3 times, from 05:12:09 to 05:12:11
  its profile was restricted then
  → write it\\u{1b}";
        assert_eq!(text(&answer, &TimeZone::UTC), expected);
    }
}
