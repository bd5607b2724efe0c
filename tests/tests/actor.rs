//! The attacker itself, on this machine: what it can do unprivileged, and how it says what it could not.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

#[expect(clippy::unwrap_used, reason = "a test's helper")]
fn actor(argv: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_actor"))
        .args(argv)
        .output()
        .unwrap()
}

#[track_caller]
fn check(argv: &[&str], status: i32, stdout: &str) {
    let output = actor(argv);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        (output.status.code(), said.as_str()),
        (Some(status), stdout),
        "{argv:?}: {output:?}"
    );
}

#[test]
fn wrappers_pass_on_what_the_verb_brought() {
    for wrapper in ["clone-thread", "double-fork"] {
        let name = ["as", "mallory", "read", "/proc/thread-self/comm"];
        check(&[&[wrapper][..], &name].concat(), 0, "mallory\n");
        check(&[wrapper, "read", "/nowhere"], libc::ENOENT, "");
    }
}

#[test]
fn the_exit_status_is_the_errno() {
    check(&["read", "/nowhere"], libc::ENOENT, "");
    check(&["pidfd-kill", "0", "CONT"], libc::ESRCH, "");
    check(&["dance"], 255, "");
}

#[test]
fn its_own_child_can_be_traced() {
    check(&["ptrace-own-child"], 0, "");
}

#[test]
fn a_serving_actor_answers_every_line() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_actor"))
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"[\"read\",\"/proc/self/comm\"]\nnonsense\n[\"read\",\"/nowhere\"]\n";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(said[0], "ready");
    assert_eq!(said[1], r#"{"status":0,"output":"actor\n"}"#);
    assert!(said[2].contains(r#""status":255"#), "{said:?}");
    assert!(said[3].contains(r#""status":2,"#), "{said:?}");
}
