//! The verbs that ask a running agent: the real binary against a fake one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake_agent;

use std::{fs, path::Path, process::Output};

use fake_agent::{FakeAgent, bulkhead, line, snapshot, text};
use serde_json::{Value, json};

fn output(run_dir: &Path, args: &[&str]) -> Output {
    bulkhead(run_dir, args).output().unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, stdout: &str, stderr: &str) {
    assert_eq!(text(&output.stderr), stderr);
    assert_eq!(text(&output.stdout), stdout);
    assert_eq!(output.status.code(), Some(code));
}

fn applied() -> Value {
    json!({
        "summary": "enforcing (14 hooks)", "policy": "/root/new.toml",
        "home": "/etc/bulkhead/policy.toml", "trial": null,
        "change": {
            "mode": null, "default": null, "added": ["backup"], "removed": [],
            "changed": ["baseline"], "assigns": true, "containers": 2
        }
    })
}

const CHANGED: &str = "\
enforcing (14 hooks)
policy      /root/new.toml
added       backup
changed     baseline
assigned    by other rules
containers  2 have another profile
";

fn row(name: &str) -> Value {
    json!({
        "id": "2f".repeat(32), "name": name, "image": "nginx:1.27", "runtime": "docker",
        "cgroup_id": 179, "cgroup": "/docker/x", "profile": "baseline", "mode": "enforce",
        "lookup": "resolved", "assigned": "in-time", "denied": 2, "audited": 0,
        "process": {
            "pid": 20, "user": 0, "capabilities": ["SYS_ADMIN"], "host_namespaces": ["pid"],
            "seccomp": "off", "no_new_privs": false
        },
        "would_refuse": [{
            "rule": "capabilities", "asked": "SYS_ADMIN", "at": "its CapBnd",
            "allowed": "Docker's default 14", "advice": "drop them"
        }]
    })
}

#[test]
fn without_an_agent_they_fail() {
    let nowhere = tempfile::tempdir().unwrap();
    let policy = nowhere.path().join("policy.toml");
    fs::write(&policy, "").unwrap();
    let file = policy.to_str().unwrap();
    for args in [
        &["reload"][..],
        &["ps"],
        &["why", "web"],
        &["try", file],
        &["try", "--confirm"],
        &["try", "--cancel"],
    ] {
        let none = "bulkhead: no agent is running\nhint: start it: `systemctl start bulkhead`, or `bulkhead run` where no package is\n";
        check(&output(&nowhere.path().join("run"), args), 1, "", none);
    }
}

#[test]
fn reload_says_what_is_different() {
    let agent = FakeAgent::start(vec![vec![applied()]]);
    check(&output(agent.run_dir(), &["reload"]), 0, CHANGED, "");
    assert_eq!(agent.requests(), [json!({"verb": "reload"})]);
}

#[test]
fn a_wrong_policy_is_3_and_the_one_in_force_stays() {
    let error = "the policy in force stays: /etc/bulkhead/policy.toml:5:1: unknown key `mdoe`";
    let refused = json!({"error": error, "exit": 3, "hint": "keys that exist here: mode"});
    let said = format!("bulkhead: {error}\nhint: keys that exist here: mode\n");
    let agent = FakeAgent::start(vec![vec![refused]]);
    check(&output(agent.run_dir(), &["reload"]), 3, "", &said);
}

#[test]
fn a_trial_sends_the_text_and_says_how_it_ends() {
    let mut answer = applied();
    answer["trial"] = json!({
        "policy": "/root/new.toml", "until": "2026-11-22T05:12:09.402113Z", "seconds_left": 90
    });
    let agent = FakeAgent::start(vec![vec![answer]]);
    let file = agent.run_dir().join("new.toml");
    fs::write(&file, "mode = \"audit\"").unwrap();
    let path = file.to_str().unwrap();
    let output = output(agent.run_dir(), &["try", path, "--for", "90s"]);
    let end = "\
on trial    /root/new.toml until 05:12:09, 1m 30s from now
keep it:      bulkhead try --confirm
take it back: bulkhead try --cancel
";
    check(&output, 0, &format!("{CHANGED}{end}"), "");
    let asked = json!({"verb": "try", "path": path, "text": "mode = \"audit\"", "seconds": 90});
    assert_eq!(agent.requests(), [asked]);
}

#[test]
fn a_trial_is_kept_or_taken_back() {
    let refused = json!({"error": "no policy is on trial", "exit": 1});
    let agent = FakeAgent::start(vec![vec![applied()], vec![applied()], vec![refused]]);
    let kept = output(agent.run_dir(), &["try", "--confirm"]);
    let said = "\
enforcing (14 hooks)
/root/new.toml stays
until the policy is read again or the agent starts anew: then /etc/bulkhead/policy.toml counts
copy it:      cp -- /root/new.toml /etc/bulkhead/policy.toml
";
    check(&kept, 0, said, "");
    check(
        &output(agent.run_dir(), &["try", "--cancel"]),
        0,
        CHANGED,
        "",
    );
    let none = "bulkhead: no policy is on trial\n";
    check(&output(agent.run_dir(), &["try", "--cancel"]), 1, "", none);
    let asked = [json!({"verb": "confirm"}), json!({"verb": "cancel"})];
    assert_eq!(agent.requests()[..2], asked);
}

#[test]
fn a_trial_without_its_file_or_end_is_no_trial() {
    let nowhere = tempfile::tempdir().unwrap();
    let missing = output(nowhere.path(), &["try", "/nowhere/new.toml"]);
    let error = "bulkhead: cannot read policy /nowhere/new.toml: No such file or directory \
                 (os error 2)\n";
    check(&missing, 3, "", error);
    for args in [
        &["try"][..],
        &["try", "--confirm", "--cancel"],
        &["try", "x.toml", "--confirm"],
        &["try", "--confirm", "--for", "5m"],
        &["try", "x.toml", "--for", "25h"],
        &["why", ""],
    ] {
        let output = output(nowhere.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn status_shows_a_trial() {
    let mut snapshot = snapshot("auditing");
    snapshot["trial"] = json!({
        "policy": "/root/new.toml", "until": "2026-11-22T05:12:09.402113Z", "seconds_left": 90
    });
    let agent = FakeAgent::start(vec![vec![snapshot]]);
    let output = output(agent.run_dir(), &["status"]);
    let line = "on trial    /root/new.toml until 05:12:09, 1m 30s from now";
    assert!(
        text(&output.stdout).lines().any(|shown| shown == line),
        "{output:?}"
    );
}

#[test]
fn ps_is_a_table_or_everything() {
    let agent = FakeAgent::start(vec![vec![json!([row("web")])], vec![json!([row("web")])]]);
    let table = output(agent.run_dir(), &["ps"]);
    let expected = "\
NAME  ID            IMAGE       RUNTIME  PROFILE   MODE     DENIED  LOOKUP    WOULD REFUSE
web   2f2f2f2f2f2f  nginx:1.27  docker   baseline  enforce  2       resolved  capabilities
";
    check(&table, 0, expected, "");
    let all = output(agent.run_dir(), &["ps", "-o", "json"]);
    let all: Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(all, json!([row("web")]));
}

#[test]
fn why_says_what_was_refused_and_what_would_let_it_pass() {
    let hello = || json!({"version": "0.1.0", "agent": "a", "seq": 2});
    let mut again = line(1);
    again["time"] = json!("2026-11-22T05:12:11.402113Z");
    again["repeated"] = json!(3);
    again["hint"] = json!(null);
    let history = vec![hello(), line(1), line(2), again];
    let agent = FakeAgent::start(vec![history, vec![json!([])]]);
    let output = output(agent.run_dir(), &["why", "web"]);
    let expected = "\
web (2f), profile baseline, gone

mount: mount 2 → /mnt by sh
  refused once, at 05:12:09
  → no setting lets this pass

mount: mount 1 → /mnt by sh
  refused 4 times, from 05:12:09 to 05:12:11
  → no setting lets this pass
";
    check(&output, 0, expected, "");
    let [tail, ps] = &agent.requests()[..] else {
        panic!()
    };
    assert_eq!(tail["filter"]["containers"], json!(["web"]));
    assert_eq!(
        (&tail["follow"], &tail["lines"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(*ps, json!({"verb": "ps"}));
}

#[test]
fn why_knows_who_has_nothing_to_complain_of_and_who_is_nobody() {
    let hello = json!({"version": "0.1.0", "agent": "a", "seq": 0});
    let lost = json!({
        "v": 1, "time": "2026-11-22T05:12:09.402113Z", "node": "web-3", "rule": "lost",
        "count": 12, "cause": "ring"
    });
    let agent = FakeAgent::start(vec![
        vec![hello.clone(), lost],
        vec![json!([row("web")])],
        vec![hello],
        vec![json!([row("web")])],
    ]);
    let nothing = output(agent.run_dir(), &["why", "2f2f"]);
    let said = "web (2f2f2f2f2f2f), nginx:1.27, profile baseline\nnothing was refused\n";
    let lost = "bulkhead: 12 denials were lost, some of them may have been its\n";
    check(&nothing, 0, said, lost);
    let nobody = output(agent.run_dir(), &["why", "db"]);
    check(&nobody, 1, "", "bulkhead: no container db is known\n");
}

/// One line on standard output, nothing else, whatever happens.
#[test]
fn monitoring_reads_one_line() {
    let mut lossy = fake_agent::snapshot("enforcing");
    lossy["counters"]["lost"] = json!({"ring": 3});
    for (answer, code, line) in [
        (
            fake_agent::snapshot("enforcing"),
            0,
            "BULKHEAD OK - enforcing (1 of 1 hooks) | denied=0c;;;0 audited=0c;;;0 lost=0c;0;;0 \
             late=0c;;;0 containers=0;;;0 hooks=1;1:;;0;1 uptime=5s;;;0\n",
        ),
        (
            lossy,
            1,
            "BULKHEAD WARNING - enforcing (1 of 1 hooks), denials lost since the agent started: 3 \
             (ring 3) | denied=0c;;;0 audited=0c;;;0 lost=3c;0;;0 late=0c;;;0 containers=0;;;0 \
             hooks=1;1:;;0;1 uptime=5s;;;0\n",
        ),
        (
            json!({"error": "no | no"}),
            3,
            "BULKHEAD UNKNOWN - the agent refused: no / no\n",
        ),
    ] {
        let agent = FakeAgent::start(vec![vec![answer]]);
        let args = ["status", "-o", "nagios"];
        let output = output(agent.run_dir(), &args);
        assert_eq!(text(&output.stdout), line);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(output.status.code(), Some(code));
    }
    let nowhere = tempfile::tempdir().unwrap();
    let off = output(&nowhere.path().join("run"), &["status", "-o", "nagios"]);
    let line = "BULKHEAD CRITICAL - no agent is running and ";
    assert!(text(&off.stdout).starts_with(line), "{off:?}");
    assert_eq!((off.status.code(), text(&off.stderr)), (Some(2), ""));
}
