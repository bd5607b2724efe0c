//! `bulkhead explain` by its real binary: exit status and what stands where.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    process::{Command, Output},
};

fn explain(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.arg("explain").args(args).output().unwrap()
}

#[track_caller]
fn check(args: &[&str], code: i32, first: &str) {
    let output = explain(args);
    let (stdout, stderr) = (output.stdout, output.stderr);
    let text = String::from_utf8(if code == 0 || code == 3 {
        stdout
    } else {
        stderr
    })
    .unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    assert_eq!(text.lines().next(), Some(first), "{args:?}");
}

#[test]
fn the_exit_status_is_the_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let policy = file("policy.toml", "mode = \"enforce\"");
    let audit = file("audit.toml", "mode = \"audit\"");
    let pod = file(
        "pod.yaml",
        "kind: Pod\nspec: {hostPID: true, containers: [{name: a}]}",
    );
    let (policy, audit) = (policy.as_str(), audit.as_str());
    let admitted = "admitted by profile baseline";
    check(
        &["--policy", policy, "--", "docker", "run", "x"],
        0,
        admitted,
    );
    check(
        &["--policy", policy, "--", "docker", "run", "--pid=host", "x"],
        3,
        "refused by profile baseline",
    );
    check(
        &["--policy", audit, "--", "docker", "run", "--pid=host", "x"],
        0,
        "would be reported by profile baseline (audit)",
    );
    check(
        &["--policy", policy, "--pod", &pod],
        3,
        "spec.containers[0] a: refused by profile baseline",
    );
    check(
        &[
            "--policy",
            policy,
            "--",
            "docker",
            "run",
            "--privilegd",
            "x",
        ],
        2,
        "bulkhead: docker run has no option --privilegd",
    );
    check(
        &["--policy", policy, "--pod", "/nowhere.yaml"],
        1,
        "bulkhead: cannot read /nowhere.yaml: No such file or directory (os error 2)",
    );
    check(
        &["--policy", policy, "--container", "no such"],
        1,
        "bulkhead: no container \"no such\" is running here",
    );
}

#[test]
fn json_is_one_object_a_container() {
    let dir = tempfile::tempdir().unwrap();
    let (policy, pod) = (dir.path().join("policy.toml"), dir.path().join("pod.json"));
    fs::write(&policy, "").unwrap();
    fs::write(
        &pod,
        "{\"kind\": \"Pod\", \"spec\": {\"containers\": [{\"name\": \"a\"}, {\"name\": \"b\"}]}}",
    )
    .unwrap();
    let (policy, pod) = (policy.to_str().unwrap(), pod.to_str().unwrap());
    let output = explain(&["-o", "json", "--policy", policy, "--pod", pod]);
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1]["name"], "default//b");
    assert_eq!(answers[1]["verdict"], "admitted");
}
