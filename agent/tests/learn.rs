//! `bulkhead learn`: the real binary against a fake agent.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake_agent;

use std::fs;

use fake_agent::{FakeAgent, bulkhead, line, text};
use serde_json::json;

#[test]
fn learn_proposes_what_was_refused() {
    let hello = json!({"version": "0.1.0", "agent": "a", "seq": 2});
    let snapshot = fake_agent::snapshot("enforcing");
    let agent = FakeAgent::start(vec![vec![snapshot], vec![hello, line(1), line(2)]]);
    let file = agent.run_dir().join("learned.toml");
    let mut command = bulkhead(agent.run_dir(), &["learn", "--for", "2s", "--write"]);
    let output = command.arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    for said in [
        "the agent enforces: a refused program",
        "learning for 2s",
        "wrote ",
    ] {
        assert!(
            text(&output.stderr).contains(said),
            "{}",
            text(&output.stderr)
        );
    }
    let proposal = fs::read_to_string(&file).unwrap();
    let seen = "  # twice, by sh: mount 1 → /mnt, mount 2 → /mnt\n";
    for part in [
        "from 2 denials",
        "[[profile]]\nname = \"web\"\nextends = \"baseline\"\n",
        seen,
        "  \"mount\",\n  # allowed already\n  \"user-namespace\",\n]\n",
        "[[assign]]\nname = \"web\"\nruntime = \"docker\"\nprofile = \"web\"\n",
    ] {
        assert!(proposal.contains(part), "{part}\n{proposal}");
    }
    let [status, tail] = &agent.requests()[..] else {
        panic!()
    };
    assert_eq!(status["verb"], "status");
    assert!(tail["filter"]["since"].is_string(), "no history: {tail}");
    assert_eq!(tail["follow"], true);
}

/// And goes back by its own clock if nobody can tell it to.
#[test]
fn the_agent_refuses_nothing_while_it_learns_with_audit() {
    let change = json!({
        "mode": null, "default": null, "added": [], "removed": [], "changed": [],
        "assigns": false, "containers": 0,
    });
    let auditing = json!({
        "summary": "auditing", "policy": null, "home": "/p.toml", "change": change, "trial": null,
    });
    let hello = json!({"version": "0.1.0", "agent": "a", "seq": 2});
    let agent = FakeAgent::start(vec![
        vec![fake_agent::snapshot("enforcing")],
        vec![auditing],
        vec![hello, line(1)],
    ]);
    let mut command = bulkhead(agent.run_dir(), &["learn", "--for", "1s", "--audit"]);
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("auditing, until this ends\n"), "{said}");
    assert!(
        said.contains("goes back 60 seconds later: no agent"),
        "{said}"
    );
    let requests = agent.requests();
    let verbs: Vec<_> = requests.iter().map(|r| r["verb"].as_str()).collect();
    assert_eq!(verbs, [Some("status"), Some("audit"), Some("tail")]);
    assert_eq!(requests[1]["seconds"], 61);
}

#[test]
fn learn_wants_an_agent_and_a_new_file() {
    let nowhere = tempfile::tempdir().unwrap();
    let mut alone = bulkhead(nowhere.path(), &["learn", "--for", "1h"]);
    let alone = alone.output().unwrap();
    assert_eq!(alone.status.code(), Some(1));
    assert_eq!(
        text(&alone.stderr),
        "bulkhead: no agent is running\nhint: start it: `systemctl start bulkhead`, or `bulkhead run` where no package is\n"
    );
    let agent = FakeAgent::start(vec![vec![fake_agent::snapshot("auditing")]]);
    let file = agent.run_dir().join("policy.toml");
    fs::write(&file, "mine").unwrap();
    let mut command = bulkhead(agent.run_dir(), &["learn", "--for", "1h", "--write"]);
    let refused = command.arg(&file).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("cannot make "),
        "{refused:?}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}
