//! `bulkhead doctor` on the machine that the tests run on, whatever that is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Command, Output};

fn output(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(args).output().unwrap()
}

#[test]
fn doctor_says_the_same_in_words_and_in_json() {
    let words = output(&["doctor"]);
    let json = output(&["doctor", "-o", "json"]);
    assert_eq!(words.status.code(), json.status.code());
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let code = match (&report["ok"], &report["can_enforce"]) {
        (serde_json::Value::Bool(true), _) => 0,
        (_, serde_json::Value::Bool(true)) => 1,
        _ => 4,
    };
    assert_eq!(json.status.code(), Some(code), "{report}");
    let words = std::str::from_utf8(&words.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        assert!(
            words.contains(finding["says"].as_str().unwrap()),
            "{finding}"
        );
    }
    let verdict = words.lines().last().unwrap();
    let can = if code == 4 { "cannot" } else { "can" };
    assert!(
        verdict.starts_with(&format!("this host {can} enforce")),
        "{verdict}"
    );
    assert!(!words.contains('\x1b'), "no colours but on a terminal");
}
