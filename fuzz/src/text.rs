//! The policy reader takes a file.

use std::path::PathBuf;

use crate::{
    Folder,
    policy::{self, Policy, PolicyError},
};

/// A policy file, and a host with what the examples name.
pub struct Text {
    host: Folder,
    file: PathBuf,
}

impl Text {
    pub fn new() -> Self {
        let host = Folder::new();
        for path in ["srv/backup/x", "srv/data/x", "run/docker.sock"] {
            host.write(path, b"");
        }
        // Without `.toml` there is no folder of more files beside it.
        let file = host.path().join("policy");
        Self { host, file }
    }

    /// Reads a text as a policy. Whatever is wrong with it has a message.
    pub fn load(&self, text: &str) -> Option<Policy> {
        std::fs::write(&self.file, text).expect("a file");
        let policy = policy::load(Some(&self.file), self.host.path());
        policy.inspect_err(complain).ok()
    }
}

fn complain(error: &PolicyError) {
    assert!(!error.to_string().is_empty());
    assert_ne!(error.hint().as_deref(), Some(""));
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}
