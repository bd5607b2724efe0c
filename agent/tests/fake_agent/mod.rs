//! Somebody who answers on the agent's socket, one script a connection.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixListener,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// The real program, which talks to the agent of this folder.
pub fn bulkhead(run_dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command
        .args(args)
        .env("BULKHEAD_RUN_DIR", run_dir)
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    command
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

pub struct FakeAgent {
    dir: tempfile::TempDir,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl FakeAgent {
    /// Answers each connection with its lines, then hangs up.
    pub fn start(answers: Vec<Vec<Value>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("bulkhead.sock")).unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for (answer, stream) in answers.into_iter().zip(listener.incoming()) {
                let mut stream = stream.unwrap();
                let mut request = String::new();
                BufReader::new(&stream).read_line(&mut request).unwrap();
                seen.lock()
                    .unwrap()
                    .push(serde_json::from_str(&request).unwrap());
                for line in answer {
                    // The other end may have had enough.
                    let Ok(()) = writeln!(stream, "{line}") else {
                        break;
                    };
                }
            }
        });
        Self { dir, requests }
    }

    pub fn run_dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

/// A denial with this number.
pub fn line(seq: u64) -> Value {
    json!({
        "v": 1, "seq": seq, "time": "2026-11-22T05:12:09.402113Z", "node": "web-3",
        "verdict": "denied", "mode": "enforce", "rule": "mount", "hook": "sb_mount",
        "attack": ["T1611"],
        "container": {
            "id": "2f", "name": "web", "image": null, "runtime": "docker",
            "profile": "baseline", "cgroup_id": 179, "lookup": "resolved"
        },
        "process": {"pid": 394, "tid": 394, "ppid": 1, "uid": 0, "comm": "sh", "exe": null},
        "target": {"source": seq.to_string(), "path": "/mnt"},
        "syscall": "mount", "hint": null
    })
}

pub fn snapshot(state: &str) -> Value {
    json!({
        "state": state, "mode": "enforce", "version": "0.1.0", "kernel": "6.12", "node": "web-3",
        "pid": 41, "started": "2026-11-22T05:12:09.402113Z", "uptime_seconds": 5, "policy": null,
        "counters": {"denied": {}, "audited": {}, "lost": {}, "containers": 0},
        "hooks": [{"name": "sb_mount", "rule": "mount", "state": "active", "reason": null}],
        "notes": []
    })
}
