//! The answer for people.

use std::fmt;

use super::{Answer, Verdict, answer::Chosen};
use crate::output::escape;

/// Every line with its end. Names that strangers chose are made harmless.
impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(out, self)?;
        for (i, refusal) in self.refusals.iter().enumerate() {
            let asked = escape(&refusal.asked);
            writeln!(out, "  {}: {asked} ({})", refusal.rule, escape(&refusal.at))?;
            let said = refusal.said.as_deref().unwrap_or("built in");
            let (allowed, said) = (escape(&refusal.allowed), escape(said));
            writeln!(out, "    allowed: {allowed} ({said})")?;
            // Said once, where one change is for several.
            let next = self.refusals.get(i + 1);
            if next.is_none_or(|next| next.advice != refusal.advice) {
                writeln!(out, "    to let it pass: {}", escape(&refusal.advice))?;
            }
        }
        for granted in &self.granted {
            let said = granted.said.as_deref().unwrap_or("built in");
            let (asked, at) = (escape(&granted.asked), escape(&granted.at));
            let (rule, key) = (&granted.rule, granted.key);
            writeln!(
                out,
                "  {rule}: {asked} ({at})\n    let in by {key} ({})",
                escape(said)
            )?;
        }
        if let Some(own) = &self.own_profile {
            let profile = escape(&self.profile);
            writeln!(
                out,
                "  {profile} is the default; for this one alone: {}",
                escape(own)
            )?;
        }
        for device in &self.devices {
            let says = if self.devices_refused.contains(device) {
                format!("cannot be opened without devices = [{device:?}] in its profile")
            } else {
                "rule device decides when it is opened".to_owned()
            };
            writeln!(out, "  device {}: {}", escape(device), escape(&says))?;
        }
        let holds = match &*self.not_contained {
            [] => "by every rule".to_owned(),
            off => format!("by every rule but {}", off.join(", ")),
        };
        writeln!(out, "  contained: {holds}")?;
        for assumption in &self.assumptions {
            writeln!(out, "  assumed: {}", escape(assumption))?;
        }
        Ok(())
    }
}

fn head(out: &mut fmt::Formatter<'_>, answer: &Answer) -> fmt::Result {
    let profile = escape(&answer.profile);
    let title = answer
        .container
        .as_deref()
        .map(|title| format!("{}: ", escape(title)));
    let title = title.unwrap_or_default();
    match answer.verdict {
        Verdict::Admitted => writeln!(out, "{title}admitted by profile {profile}")?,
        Verdict::Refused => writeln!(out, "{title}refused by profile {profile}")?,
        Verdict::Audited => writeln!(out, "{title}would be reported by profile {profile} (audit)")?,
    }
    writeln!(out, "  profile: {profile}, {}", chosen(&answer.chosen))
}

fn chosen(chosen: &Chosen) -> String {
    let by = match chosen.assign {
        Some(number) => format!("by assign {number}"),
        None => "the default".to_owned(),
    };
    match (&chosen.file, chosen.line) {
        (Some(file), Some(line)) => format!("{by}, {}:{line}", escape(file)),
        (Some(file), None) => format!("{by} of {}", escape(file)),
        (None, _) => format!("{by} of the built-in policy"),
    }
}
