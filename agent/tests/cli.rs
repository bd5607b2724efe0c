//! The real binary, as far as it goes without a kernel that lets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake_agent;

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Output, Stdio},
};

use fake_agent::{FakeAgent, bulkhead, line, text};
use serde_json::json;

const BINARY: &str = env!("CARGO_BIN_EXE_bulkhead");

fn output(args: &[&str]) -> Output {
    let nowhere = tempfile::tempdir().unwrap();
    bulkhead(&nowhere.path().join("run"), args)
        .output()
        .unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, stderr: &str) {
    assert_eq!(text(&output.stderr), stderr);
    assert_eq!(output.status.code(), Some(code));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn every_verb_has_help_with_what_one_needs() {
    for (args, wanted) in [
        (&["--help"][..], "3  policy refused; nothing was touched"),
        (&["run", "--help"], "bulkhead run --audit -o json"),
        (
            &["tail", "--help"],
            "bulkhead tail --since 10m --container web",
        ),
        (&["check", "--help"], "bulkhead check ./policy.toml"),
        (&["status", "--help"], "2  off: nothing is loaded"),
        (&["status", "--help"], "bulkhead status -o nagios"),
        (&["doctor", "--help"], "1 this host can enforce, and"),
        (&["ps", "--help"], "bulkhead ps -o json"),
        (&["why", "--help"], "bulkhead why 2f43 --last 20"),
        (&["reload", "--help"], "3 the policy is wrong"),
        (&["try", "--help"], "bulkhead try ./new.toml --for 10m"),
        (&["unload", "--help"], "the way out"),
        (&["completions", "--help"], "The shell"),
    ] {
        let output = output(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        let help = text(&output.stdout);
        assert!(help.contains(wanted), "{help}");
        assert!(!help.contains("canary  "), "{help}");
    }
}

#[test]
fn wrong_usage_is_2() {
    for args in [
        &["rnu"][..],
        &[],
        &["tail", "--since", "soon"],
        &["tail", "--rule", "x"],
    ] {
        assert_eq!(output(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_wrong_policy_is_3_and_says_where_and_what() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    fs::write(
        &file,
        "mode = \"enforce\"\n\n[[profile]]\nname = \"baseline\"\nhostpaths = []\n",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    check(
        &output(&["run", "--policy", path]),
        3,
        &format!(
            "bulkhead: {path}:5:1: unknown key `hostpaths`, did you mean `host_paths`?\n\
             5 | hostpaths = []\n  | ^^^^^^^^^\n\
             hint: keys that exist here: name, extends, host_paths, devices, capabilities, \
             host_namespaces, kernel_filesystems, proc_mount, seccomp, no_new_privs, user, contain\n"
        ),
    );
    fs::write(
        &file,
        "[[profile]]\nname = \"baseline\"\nhost_paths = [{ path = \"srv\" }]",
    )
    .unwrap();
    check(
        &output(&["run", "--policy", path]),
        3,
        &format!(
            "bulkhead: {path}:3:24: host path \"srv\" is relative\n\
             3 | host_paths = [{{ path = \"srv\" }}]\n  |                        ^^^^^\n\
             hint: write the whole path, from /\n"
        ),
    );
}

#[test]
fn check_says_what_is_right_and_what_hardly_meant() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    let path = file.to_str().unwrap();
    fs::write(
        &file,
        "mode = \"audit\"\n[[profile]]\nname = \"baseline\"\n",
    )
    .unwrap();
    let fine = output(&["check", path]);
    assert_eq!(
        text(&fine.stdout),
        format!("{path}: fine, 1 profile, 0 assigns\n")
    );
    assert_eq!(
        text(&fine.stderr),
        format!("bulkhead: {path}:1:8: warning: in audit mode nothing is refused\n")
    );
    assert_eq!(fine.status.code(), Some(0));
    let found: serde_json::Value =
        serde_json::from_slice(&output(&["check", "-o", "json", path]).stdout).unwrap();
    let warning = json!({
        "file": path,
        "line": 1,
        "column": 8,
        "text": null,
        "message": "in audit mode nothing is refused",
        "hint": null,
    });
    let expected = json!({"file": path, "ok": true, "errors": [], "warnings": [warning]});
    assert_eq!(found, expected);

    let folder = dir.path().join("policy.d");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("x.toml"), "").unwrap();
    let fine = output(&["check", path]);
    let verdict = format!("{path} and 1 more file: fine, 1 profile, 0 assigns\n");
    assert_eq!(text(&fine.stdout), verdict);
}

#[test]
fn check_refuses_with_3_what_run_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    let path = file.to_str().unwrap();
    fs::write(&file, "\nmode = \"off\"").unwrap();
    let message = "`mode` is \"off\", must be \"enforce\" or \"audit\"";
    check(
        &output(&["check", path]),
        3,
        &format!("bulkhead: {path}:2:8: {message}\n2 | mode = \"off\"\n  |        ^^^^^\n"),
    );
    let wrong = output(&["check", "-o", "json", path]);
    assert_eq!(wrong.status.code(), Some(3));
    assert_eq!(text(&wrong.stderr), "");
    let found: serde_json::Value = serde_json::from_slice(&wrong.stdout).unwrap();
    let error = json!({
        "file": path,
        "line": 2,
        "column": 8,
        "text": "\"off\"",
        "message": message,
        "hint": null,
    });
    let expected = json!({"file": path, "ok": false, "errors": [error], "warnings": []});
    assert_eq!(found, expected);

    let mut many = String::new();
    for i in 0..255 {
        many += &format!("[[profile]]\nname = \"p{i}\"\n");
        many += &format!("[[assign]]\nname = \"p{i}\"\nprofile = \"p{i}\"\n");
    }
    fs::write(&file, many).unwrap();
    check(
        &output(&["check", path]),
        3,
        "bulkhead: 256 profiles and modes are assigned, 254 fit\n",
    );
    let gone = output(&["check", "-o", "json", "/nowhere/policy.toml"]);
    let found: serde_json::Value = serde_json::from_slice(&gone.stdout).unwrap();
    assert_eq!(found["errors"][0]["line"], json!(null));
    assert_eq!(gone.status.code(), Some(3));
}

#[test]
fn a_policy_that_is_not_there_is_3() {
    check(
        &output(&["run", "--policy", "/nowhere/policy.toml"]),
        3,
        "bulkhead: cannot read policy /nowhere/policy.toml: No such file or directory (os error 2)\n",
    );
}

#[test]
fn not_root_is_4() {
    // A place that anybody can execute from.
    let dir = tempfile::tempdir().unwrap();
    let (binary, policy) = (dir.path().join("bulkhead"), dir.path().join("policy.toml"));
    fs::copy(BINARY, &binary).unwrap();
    fs::write(&policy, "mode = \"audit\"").unwrap();
    for path in [dir.path(), &binary] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(binary);
    command.arg("run").arg("--policy").arg(policy);
    if nix::unistd::geteuid().is_root() {
        command.uid(65_534);
    }
    let hint = "hint: try with sudo\n";
    check(
        &command.output().unwrap(),
        4,
        &format!("bulkhead: must be root\n{hint}"),
    );
}

#[test]
fn without_an_agent_status_is_off_and_tail_fails() {
    let status = output(&["status"]);
    assert_eq!(
        text(&status.stdout),
        "off: no agent is running and no program is loaded: nothing is refused\n"
    );
    assert_eq!(status.status.code(), Some(2));
    let json: serde_json::Value =
        serde_json::from_slice(&output(&["status", "-o", "json"]).stdout).unwrap();
    assert_eq!(json["state"], "off");
    check(
        &output(&["tail", "--no-follow"]),
        1,
        "bulkhead: no agent is running\nhint: start it: `systemctl start bulkhead`, or `bulkhead run` where no package is\n",
    );
}

#[test]
fn status_is_what_the_agent_says_or_unknown() {
    for (answer, code, first) in [
        (
            fake_agent::snapshot("enforcing"),
            0,
            "enforcing (1 of 1 hooks)",
        ),
        (fake_agent::snapshot("partly"), 1, "partly (1 of 1 hooks)"),
        (json!({"error": "no"}), 3, "unknown: the agent refused: no"),
    ] {
        let agent = FakeAgent::start(vec![vec![answer]]);
        let output = bulkhead(agent.run_dir(), &["status"]).output().unwrap();
        assert_eq!(text(&output.stdout).lines().next(), Some(first));
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(agent.requests(), [json!({"verb": "status"})]);
    }
}

#[test]
fn an_agent_that_goes_away_while_it_is_asked_is_off() {
    let agent = FakeAgent::start(vec![vec![]]);
    let status = bulkhead(agent.run_dir(), &["status"]).output().unwrap();
    assert!(
        text(&status.stdout).starts_with("off: no agent"),
        "{status:?}"
    );
    assert_eq!(status.status.code(), Some(2));

    let agent = FakeAgent::start(vec![vec![]; 6]);
    let status = bulkhead(agent.run_dir(), &["status"]).output().unwrap();
    assert_eq!(text(&status.stdout), "unknown: lost the agent\n");
    assert_eq!(status.status.code(), Some(3));
    assert_eq!(agent.requests().len(), 6);
}

#[test]
fn tail_asks_for_what_was_wanted_and_prints_it() {
    let hello = json!({"version": "0.1.0", "agent": "a", "seq": 2});
    let agent = FakeAgent::start(vec![vec![hello, line(1), line(2)]]);
    let args = [
        "tail",
        "--no-follow",
        "-o",
        "compact",
        "--container",
        "web",
        "--rule",
        "mount",
    ];
    let output = bulkhead(agent.run_dir(), &args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0],
        "05:12:09 DENIED  mount            web              mount 1 → /mnt by sh[394]"
    );
    let [request] = &agent.requests()[..] else {
        panic!()
    };
    assert_eq!(request["lines"], 10);
    assert_eq!(request["follow"], false);
    assert_eq!(request["filter"]["containers"], json!(["web"]));
    assert_eq!(request["filter"]["rules"], json!(["mount"]));
}

#[test]
fn tail_goes_on_where_it_was_when_the_agent_comes_back() {
    let hello = |seq: u64| json!({"version": "0.1.0", "agent": "a", "seq": seq});
    let bad = json!({"error": "enough"});
    let agent = FakeAgent::start(vec![
        vec![hello(2), line(1), line(2)],
        vec![hello(3), line(3)],
        vec![bad],
    ]);
    let output = bulkhead(agent.run_dir(), &["tail", "-o", "json"])
        .output()
        .unwrap();
    let seqs: Vec<u64> = text(&output.stdout)
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(seqs, [1, 2, 3]);
    let after: Vec<_> = agent
        .requests()
        .iter()
        .map(|request| request["after"].clone())
        .collect();
    let position = |seq: u64| json!({"agent": "a", "seq": seq});
    assert_eq!(after, [json!(null), position(2), position(3)]);
    let said = "bulkhead: the agent has ended, waiting for one\n";
    assert_eq!(
        text(&output.stderr),
        format!("{said}{said}bulkhead: the agent refused: enough\n")
    );
}

/// One agent that ends in the middle of its history, and one that knows nothing of it.
#[test]
fn tail_repeats_nothing_and_says_where_numbers_begin_anew() {
    let hello = |agent: &str, seq: u64, history: u64| json!({"version": "0.1.0", "agent": agent, "seq": seq, "history": history});
    let bad = json!({"error": "enough"});
    let agent = FakeAgent::start(vec![
        vec![hello("a", 5, 2), line(4)],
        vec![hello("a", 5, 1), line(5)],
        vec![hello("a", 9, 0)],
        vec![hello("b", 1, 1), line(1)],
        vec![bad],
    ]);
    let output = bulkhead(agent.run_dir(), &["tail", "-n", "2", "-o", "json"])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout).lines().count(), 3);
    let requests = agent.requests();
    let after: Vec<_> = requests.iter().map(|r| r["after"].clone()).collect();
    let position = |agent: &str, seq: u64| json!({"agent": agent, "seq": seq});
    let reached = [("a", 4), ("a", 5), ("a", 9), ("b", 1)].map(|(a, seq)| position(a, seq));
    assert_eq!(after[1..], reached);
    assert_eq!(
        (&requests[0]["lines"], &requests[1]["lines"]),
        (&json!(2), &json!(null))
    );
    let anew = "this agent knows nothing of before: its numbers begin anew";
    let said = text(&output.stderr);
    assert_eq!(said.matches(anew).count(), 1, "{said}");
}

#[test]
fn a_closed_output_ends_tail_quietly() {
    let hello = json!({"version": "0.1.0", "agent": "a", "seq": 0});
    let mut answer = vec![hello];
    answer.extend((1..2_000).map(line));
    let agent = FakeAgent::start(vec![answer]);
    let mut child = bulkhead(agent.run_dir(), &["tail", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    check(&output, 0, "");
}

#[test]
fn completions_are_for_the_shell() {
    let output = output(&["completions", "bash"]);
    assert!(text(&output.stdout).contains("_bulkhead()"));
    assert_eq!(output.status.code(), Some(0));
}
