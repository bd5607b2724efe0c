//! What somebody says to the agent's socket; a `tail` is answered with what it wants.
#![no_main]

use std::sync::LazyLock;

use bulkhead_fuzz::{
    denials::Line,
    socket::{Request, Tail},
};
use libfuzzer_sys::{Corpus, fuzz_target};

const DENIAL: &str = r#"{"v":1,"seq":41,"time":"2026-11-22T05:12:09.402113Z","node":"web-3",
"verdict":"denied","mode":"enforce","rule":"mount","hook":"sb_mount","attack":["T1611"],"container":
{"id":"2f2f","name":"web","image":"nginx:1.27","runtime":"docker","profile":"baseline","cgroup_id":1,
"lookup":"resolved"},"process":{"pid":394,"tid":394,"ppid":371,"uid":0,"comm":"head","exe":null},
"target":{},"hint":null}"#;

static LINES: LazyLock<[Line; 2]> = LazyLock::new(|| {
    let denial = serde_json::from_str(DENIAL).expect("a denial");
    [denial, Line::lost(3, "ring", "web-3")]
});

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let request: Request = match serde_json::from_str(text) {
        Ok(request) => request,
        Err(e) => {
            assert!(!e.to_string().is_empty());
            return Corpus::Keep;
        }
    };
    if let Request::Tail(Tail { filter, .. }) = &request {
        for line in LINES.iter() {
            filter.wants(line);
        }
    }
    // What was understood is what is said.
    let said = serde_json::to_string(&request).expect("it can be said");
    assert!(serde_json::from_str::<Request>(&said).is_ok_and(|read| read == request), "{said}");
    Corpus::Keep
});
