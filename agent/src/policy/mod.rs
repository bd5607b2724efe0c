//! The policy: text → source → checked → resolved. Only the last step looks at the filesystem.

mod allowed;
mod check;
mod error;
mod resolve;
mod source;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use allowed::Allowed;
pub use error::PolicyError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the policy is read from when nobody names another file.
pub const DEFAULT_FILE: &str = "/etc/bulkhead/policy.toml";

/// What happens to a forbidden act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Enforce,
    /// Reported, not refused.
    Audit,
}

/// How a host path may enter a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    #[default]
    Ro,
    Rw,
}

/// A host directory or file that the policy lets into containers, with all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPath {
    pub path: PathBuf,
    pub access: Access,
}

/// A policy that can be put in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    pub mode: Mode,
    /// Host paths of the profile `baseline`.
    pub host_paths: Vec<HostPath>,
    /// Rules that do not hold in the profile `baseline`.
    pub allowed: Allowed,
    /// The file it was read from; `None` for the built-in policy.
    pub file: Option<PathBuf>,
}

/// Reads and checks the policy: `file` if one is named, else [`DEFAULT_FILE`], else the built-in
/// one. `root` is the host's root folder.
///
/// # Errors
/// If the file cannot be read or anything in it is wrong.
pub fn load(file: Option<&Path>, root: &Path) -> Result<Policy, PolicyError> {
    let (path, required) = match file {
        Some(path) => (path.to_owned(), true),
        None => (root.join(DEFAULT_FILE.trim_start_matches('/')), false),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text, &path, root),
        Err(e) if !required && e.kind() == io::ErrorKind::NotFound => Ok(Policy::default()),
        Err(source) => Err(PolicyError::Unreadable { path, source }),
    }
}

fn parse(text: &str, path: &Path, root: &Path) -> Result<Policy, PolicyError> {
    let resolved = source::read(text)
        .and_then(|source| check::check(&source))
        .and_then(|checked| resolve::resolve(checked, root));
    resolved
        .map(|policy| Policy {
            file: Some(path.to_owned()),
            ..policy
        })
        .map_err(|wrong| PolicyError::wrong(path, text, wrong))
}

#[cfg(test)]
mod tests;
