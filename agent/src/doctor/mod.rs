//! What this host has and lacks: for each problem the one command that mends it here.
//!
//! Every check reads below the host's root folder, so a temporary folder is a host, and changes
//! nothing. No agent is needed.

mod boot;
mod docker;
mod kernel;
mod runtimes;
mod sockets;

use std::path::Path;

use serde::Serialize;

use crate::exit::Exit;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Fine,
    /// It works, and something beside it opens the host.
    Warning,
    /// Bulkhead cannot enforce here.
    Problem,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in one word.
    pub about: &'static str,
    pub level: Level,
    pub says: String,
    /// What to type, as it is to be typed; root does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    fn new(about: &'static str, level: Level, says: impl Into<String>) -> Self {
        Self {
            about,
            level,
            says: says.into(),
            remedy: None,
        }
    }

    fn fine(about: &'static str, says: impl Into<String>) -> Self {
        Self::new(about, Level::Fine, says)
    }

    fn warning(about: &'static str, says: impl Into<String>) -> Self {
        Self::new(about, Level::Warning, says)
    }

    fn problem(about: &'static str, says: impl Into<String>) -> Self {
        Self::new(about, Level::Problem, says)
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// Everything, in the order in which it is mended.
pub fn look(host: &Path) -> Vec<Finding> {
    let mut all = kernel::look(host);
    all.extend(runtimes::look(host));
    all.extend(docker::look(host));
    all.extend(sockets::look(host));
    all
}

/// 4 where this host cannot do it; what only might open it is no reason to fail.
pub fn exit(findings: &[Finding]) -> Exit {
    let worst = findings.iter().map(|finding| finding.level).max();
    match worst {
        Some(Level::Problem) => Exit::Host,
        _ => Exit::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host with these files.
    pub(super) fn host(files: &[(&str, &str)]) -> tempfile::TempDir {
        let host = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = host.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        host
    }

    #[test]
    fn only_what_keeps_bulkhead_from_enforcing_fails() {
        let fine = Finding::fine("kernel", "6.12");
        let warning = Finding::warning("docker", "listens on TCP");
        let problem = Finding::problem("lsm", "no bpf");
        assert_eq!(exit(&[]), Exit::Fine);
        assert_eq!(exit(&[fine.clone(), warning.clone()]), Exit::Fine);
        assert_eq!(exit(&[problem, warning, fine]), Exit::Host);
    }
}
