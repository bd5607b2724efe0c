//! `bulkhead doctor`.

use std::{
    io::{IsTerminal as _, stdout},
    path::Path,
};

use super::print;
use crate::{
    cli::{self, CheckForm},
    doctor::{self, Level, Report},
    exit::Exit,
    output::{self, escape},
};

pub fn doctor(args: &cli::Doctor) -> anyhow::Result<Exit> {
    let report = doctor::look(Path::new("/"));
    print(&match args.output {
        CheckForm::Text => text(&report, has_colours()),
        CheckForm::Json => output::json(&report),
    })?;
    Ok(report.exit())
}

fn has_colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stdout().is_terminal() && !refused
}

/// The word for it, and its colour as terminals number them.
const fn shown(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Fine => ("ok", "32"),
        Level::Unknown => ("unknown", "35"),
        Level::Warning => ("warning", "33"),
        Level::Problem => ("PROBLEM", "31"),
    }
}

fn text(report: &Report, colours: bool) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let (word, colour) = shown(finding.level);
        let mut level = format!("{word:<8}");
        if colours {
            level = format!("\x1b[{colour}m{level}\x1b[0m");
        }
        let (about, says) = (finding.about, escape(&finding.says));
        lines.push(format!("{level} {about:<16} {says}"));
        if let Some(remedy) = &finding.remedy {
            lines.push(format!("{:<8} {:<16} → {}", "", "", escape(remedy)));
        }
    }
    lines.push(verdict(report));
    lines.join("\n")
}

fn verdict(report: &Report) -> String {
    let counts: Vec<_> = [
        (Level::Problem, "to mend"),
        (Level::Warning, "to think about"),
        (Level::Unknown, "not seen"),
    ]
    .into_iter()
    .filter_map(|(level, word)| match report.count(level) {
        0 => None,
        count => Some(format!("{count} {word}")),
    })
    .collect();
    let can = if report.can_enforce { "can" } else { "cannot" };
    match counts.is_empty() {
        true => format!("this host {can} enforce"),
        false => format!("this host {can} enforce: {}", counts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Finding;

    fn report(levels: &[Level]) -> Report {
        let finding = |level: &Level| Finding {
            about: "lsm",
            level: *level,
            says: "no \x1bbpf".to_owned(),
            remedy: (*level == Level::Problem).then(|| "reboot".to_owned()),
        };
        Report {
            v: 1,
            ok: false,
            can_enforce: !levels.contains(&Level::Problem),
            findings: levels.iter().map(finding).collect(),
        }
    }

    #[test]
    fn people_read_it() {
        let report = report(&[Level::Fine, Level::Problem]);
        assert_eq!(
            text(&report, false),
            "ok       lsm              no \\u{1b}bpf\n\
             PROBLEM  lsm              no \\u{1b}bpf\n                          → reboot\n\
             this host cannot enforce: 1 to mend"
        );
        let coloured = text(&report, true);
        assert!(
            coloured.starts_with("\x1b[32mok      \x1b[0m lsm "),
            "{coloured}"
        );
        assert!(
            coloured.contains("\n\x1b[31mPROBLEM \x1b[0m lsm "),
            "{coloured}"
        );
    }

    #[test]
    fn the_last_line_is_the_verdict() {
        for (levels, verdict) in [
            (&[Level::Fine][..], "this host can enforce"),
            (
                &[Level::Warning, Level::Unknown],
                "this host can enforce: 1 to think about, 1 not seen",
            ),
            (
                &[Level::Problem, Level::Problem, Level::Warning],
                "this host cannot enforce: 2 to mend, 1 to think about",
            ),
        ] {
            assert_eq!(super::verdict(&report(levels)), verdict);
        }
    }
}
