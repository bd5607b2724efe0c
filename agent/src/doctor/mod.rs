//! What this host has and lacks: for each problem the one command that mends it here.
//!
//! Every check reads below the host's root folder, so a temporary folder is a host, and changes
//! nothing. No agent is needed, and root only for what is root's to see.

mod docker;
mod kernel;
mod modules;
mod runtimes;
#[cfg(test)]
mod schema;
mod sockets;

use std::{fs, io, path::Path};

use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::Exit;

/// Version of the report's shape.
const VERSION: u32 = 1;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Fine,
    /// It could not be looked at.
    Unknown,
    /// Bulkhead enforces, and something beside it opens the host.
    Warning,
    /// Bulkhead cannot enforce here.
    Problem,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// What was looked at, in one word.
    pub about: &'static str,
    pub level: Level,
    pub says: String,
    /// What to do: a command of root's, or in words where it takes an editor.
    pub remedy: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "What `bulkhead doctor -o json` prints")]
pub struct Report {
    /// Version of this shape.
    pub v: u32,
    /// There is nothing to mend.
    pub ok: bool,
    /// No finding is a problem.
    pub can_enforce: bool,
    /// In the order in which they are mended. One word may be there more than once.
    pub findings: Vec<Finding>,
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

    fn unknown(about: &'static str, says: impl Into<String>) -> Self {
        Self::new(about, Level::Unknown, says)
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

impl Report {
    fn of(findings: Vec<Finding>) -> Self {
        let worst = findings.iter().map(|finding| finding.level).max();
        Self {
            v: VERSION,
            ok: worst.is_none_or(|worst| worst == Level::Fine),
            can_enforce: worst != Some(Level::Problem),
            findings,
        }
    }

    pub fn count(&self, level: Level) -> usize {
        let same = |found: &&Finding| found.level == level;
        self.findings.iter().filter(same).count()
    }

    /// 4 where this host cannot do it, 1 where something else is to mend or could not be seen.
    pub fn exit(&self) -> Exit {
        match (self.ok, self.can_enforce) {
            (true, _) => Exit::Fine,
            (false, true) => Exit::Failed,
            (false, false) => Exit::Host,
        }
    }
}

/// Looks at everything; `host` is the host's root folder.
pub fn look(host: &Path) -> Report {
    let mut all = kernel::look(host);
    all.extend(runtimes::look(host));
    all.extend(docker::look(host));
    all.extend(sockets::look(host));
    all.extend(privileges(host));
    Report::of(all)
}

/// The namespaces of the first process are root's to see, and so are those of daemons.
fn privileges(host: &Path) -> Option<Finding> {
    let seen = fs::read_link(host.join("proc/1/ns/mnt"));
    let denied = seen.is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied);
    denied.then(|| {
        let says = "what daemons were started with (-H of dockerd) and where users keep their \
                    containers is root's to see";
        Finding::unknown("privileges", says).remedy("sudo bulkhead doctor")
    })
}

/// A file's text; `None` where there is no such file.
///
/// # Errors
/// What keeps it from being read, as it is to be said.
fn text(host: &Path, path: &str) -> Result<Option<String>, String> {
    match fs::read_to_string(host.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("/{path} cannot be read: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) use crate::host::tests::host;

    /// Those about one thing.
    pub(super) fn about<'a>(findings: &'a [Finding], about: &str) -> Vec<&'a Finding> {
        let same = |found: &&Finding| found.about == about;
        findings.iter().filter(same).collect()
    }

    #[test]
    fn the_worst_decides() {
        let fine = Finding::fine("kernel", "6.12");
        let unknown = Finding::unknown("privileges", "not root");
        let warning = Finding::warning("docker", "listens on TCP");
        let problem = Finding::problem("lsm", "no bpf");
        for (findings, ok, can_enforce, exit) in [
            (vec![], true, true, Exit::Fine),
            (vec![&fine], true, true, Exit::Fine),
            (vec![&fine, &unknown], false, true, Exit::Failed),
            (vec![&warning, &unknown, &fine], false, true, Exit::Failed),
            (vec![&problem, &warning, &fine], false, false, Exit::Host),
        ] {
            let report = Report::of(findings.into_iter().cloned().collect());
            assert_eq!((report.ok, report.can_enforce), (ok, can_enforce));
            assert_eq!(report.exit(), exit);
        }
    }

    #[test]
    fn what_is_no_file_is_said() {
        let host = host(&[("a/b", "x")]);
        assert_eq!(text(host.path(), "a/b"), Ok(Some("x".to_owned())));
        assert_eq!(text(host.path(), "a/c"), Ok(None));
        let error = text(host.path(), "a").unwrap_err();
        assert!(error.starts_with("/a cannot be read: "), "{error}");
    }

    /// `bulkhead doctor` on a host that is a folder, from end to end.
    #[test]
    fn a_host_without_anything() {
        let host = host(&[]);
        let report = look(host.path());
        assert_eq!(report.exit(), Exit::Host);
        let problems: Vec<_> = report
            .findings
            .iter()
            .filter(|found| found.level == Level::Problem)
            .map(|found| found.about)
            .collect();
        assert_eq!(problems, ["btf", "lsm", "cgroup"]);
        assert_eq!(report.count(Level::Problem), 3);
    }
}
