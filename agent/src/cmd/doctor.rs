//! `bulkhead doctor`.

use std::path::Path;

use serde_json::json;

use super::print;
use crate::{
    cli::{self, CheckForm},
    doctor::{self, Finding, Level},
    exit::Exit,
    output::{self, escape},
};

pub fn doctor(args: &cli::Doctor) -> anyhow::Result<Exit> {
    let findings = doctor::look(Path::new("/"));
    let exit = doctor::exit(&findings);
    print(&match args.output {
        CheckForm::Text => text(&findings),
        CheckForm::Json => output::json(&json!({ "ok": exit == Exit::Fine, "findings": findings })),
    })?;
    Ok(exit)
}

fn text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let level = match finding.level {
            Level::Fine => "ok",
            Level::Warning => "warning",
            Level::Problem => "PROBLEM",
        };
        let (about, says) = (finding.about, escape(&finding.says));
        lines.push(format!("{level:<8} {about:<10} {says}"));
        if let Some(remedy) = &finding.remedy {
            lines.push(format!("{:<8} {:<10} → {}", "", "", escape(remedy)));
        }
    }
    lines.push(verdict(findings));
    lines.join("\n")
}

fn verdict(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|found| found.level == level).count();
    match (count(Level::Problem), count(Level::Warning)) {
        (0, 0) => "this host can enforce".to_owned(),
        (0, warnings) => format!("this host can enforce; {warnings} to think about"),
        (problems, _) => format!("this host cannot enforce: {problems} to mend"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_it() {
        let finding = |level, remedy: Option<&str>| Finding {
            about: "lsm",
            level,
            says: "no \x1bbpf".to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let findings = [
            finding(Level::Fine, None),
            finding(Level::Problem, Some("reboot")),
        ];
        assert_eq!(
            text(&findings),
            "ok       lsm        no \\u{1b}bpf\n\
             PROBLEM  lsm        no \\u{1b}bpf\n                    → reboot\n\
             this host cannot enforce: 1 to mend"
        );
        assert_eq!(verdict(&findings[..1]), "this host can enforce");
        assert_eq!(
            verdict(&[finding(Level::Warning, None)]),
            "this host can enforce; 1 to think about"
        );
    }
}
