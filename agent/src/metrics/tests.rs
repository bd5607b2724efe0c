use std::collections::BTreeSet;

use super::*;
use crate::{
    policy::Mode,
    status::{Counters, Hook},
};

pub fn sample() -> Sample {
    let hook = |state: &str| Hook {
        name: "sb_mount".to_owned(),
        state: state.to_owned(),
        ..Hook::default()
    };
    let counters = Counters {
        lost: [("ring".to_owned(), 7), ("export".to_owned(), 2)].into(),
        suppressed: 40,
        late: 1,
        policy_loads: 3,
        policy_failures: 1,
        ..Counters::default()
    };
    let kind = |rule, verdict| Kind {
        rule,
        profile: "a \"b\"\n".to_owned(),
        verdict,
    };
    Sample {
        snapshot: Snapshot {
            state: State::Partly,
            mode: Mode::Enforce,
            version: "0.1.0".to_owned(),
            kernel: "6.12.0".to_owned(),
            node: "web-3".to_owned(),
            pid: 7,
            started: "2026-11-22T05:12:09.402113Z".to_owned(),
            uptime_seconds: 3,
            policy: None,
            trial: None,
            counters,
            rules: Vec::new(),
            hooks: vec![hook("active"), hook("active"), hook("absent")],
            notes: Vec::new(),
        },
        started: 1_795_324_329,
        denials: [(kind("mount", "denied"), 5), (kind("setns", "audited"), 1)].into(),
        containers: vec![Lookup::Resolved, Lookup::Failed, Lookup::Resolved],
    }
}

fn text(format: Format) -> String {
    encode(&sample(), format).unwrap()
}

#[track_caller]
fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            text.lines().any(|found| found == *line),
            "{line} in\n{text}"
        );
    }
}

#[test]
fn everything_is_measured() {
    has(
        &text(Format::Classic),
        &[
            r#"bulkhead_denials_total{rule="mount",profile="a \"b\"\n",verdict="denied"} 5"#,
            r#"bulkhead_denials_total{rule="setns",profile="a \"b\"\n",verdict="audited"} 1"#,
            r#"bulkhead_lost_denials_total{cause="ring"} 7"#,
            r#"bulkhead_lost_denials_total{cause="export"} 2"#,
            r#"bulkhead_lost_denials_total{cause="budget"} 0"#,
            "bulkhead_suppressed_denials_total 40",
            "bulkhead_late_containers_total 1",
            r#"bulkhead_containers{lookup="resolved"} 2"#,
            r#"bulkhead_containers{lookup="pending"} 0"#,
            r#"bulkhead_hooks{state="active"} 2"#,
            r#"bulkhead_hooks{state="failed"} 0"#,
            r#"bulkhead_state{state="partly"} 1"#,
            r#"bulkhead_state{state="enforcing"} 0"#,
            r#"bulkhead_policy_loads_total{result="success"} 3"#,
            r#"bulkhead_policy_loads_total{result="failure"} 1"#,
            "bulkhead_policy_on_trial 0",
            r#"bulkhead_build_info{version="0.1.0",kernel="6.12.0"} 1"#,
            "bulkhead_start_time_seconds 1795324329",
        ],
    );
}

#[test]
fn the_older_format_names_counters_as_their_lines_do() {
    let classic = text(Format::Classic);
    has(&classic, &["# TYPE bulkhead_denials_total counter"]);
    assert!(!classic.contains("# EOF"));
    let open = text(Format::OpenMetrics);
    has(&open, &["# TYPE bulkhead_denials counter", "# EOF"]);
}

/// The rules of `promtool check metrics`, as far as these metrics can break them; and promtool itself,
/// where it is installed.
#[test]
fn a_linter_has_nothing_to_say() {
    let text = text(Format::Classic);
    let about = |what: &str| -> BTreeSet<(String, String)> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(what));
        let pairs = lines.filter_map(|line| line.split_once(' '));
        pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    };
    let (helps, types) = (about("# HELP "), about("# TYPE "));
    let names: BTreeSet<_> = types.iter().map(|(name, _)| name.clone()).collect();
    let helped: BTreeSet<_> = helps.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, helped, "each has help, once");
    assert!(helps.iter().all(|(_, help)| help.len() > 20));
    for (name, kind) in &types {
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        let valid = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(
            name.starts_with("bulkhead_") && name.chars().all(valid),
            "{name}"
        );
        for word in [
            "counter",
            "gauge",
            "milliseconds",
            "minutes",
            "bytes_total_",
        ] {
            assert!(!name.contains(word), "{name}");
        }
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(names.contains(name), "{line} has a type");
    }
    let lines: BTreeSet<_> = text.lines().collect();
    assert_eq!(lines.len(), text.lines().count(), "nothing twice");
}

#[test]
fn promtool_agrees() {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let Ok(mut promtool) = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        // `cargo xtask test` brings it; the test above has its rules.
        return;
    };
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(text(Format::Classic).as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
    assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
}

/// Every metric that the dashboard names is there.
#[test]
fn the_dashboard_names_what_there_is() {
    let dashboard = crate::repository::text("docs/grafana.json");
    let _: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let text = text(Format::Classic);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named = |text| {
        let words = str::split(text, |c: char| !is_name(c));
        let names = words.filter(|word| word.starts_with("bulkhead_"));
        names.collect::<BTreeSet<&str>>()
    };
    let manual = include_str!("../../../docs/outputs.md");
    assert_eq!(
        named(manual),
        named(&dashboard),
        "the manual names the same"
    );
    let named = named(&dashboard);
    for name in &named {
        let line = format!("# TYPE {name} ");
        assert!(text.contains(&line), "{name}");
    }
    let all = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let all: BTreeSet<_> = all.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(named, all, "it shows all of them");
}
