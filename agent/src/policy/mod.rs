//! The policy: text → source → checked → resolved. Only the last step looks at the filesystem.

mod allowed;
mod assign;
mod check;
mod error;
mod numbers;
mod profiles;
mod resolve;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

pub use allowed::Allowed;
pub use assign::Assign;
pub use error::PolicyError;
pub use numbers::Numbered;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::containers::{Info, Lookup};

/// The profile that is always there, and that others extend where they do not say which.
pub const BASELINE: &str = "baseline";

/// Where the policy is read from when nobody names another file.
pub const DEFAULT_FILE: &str = "/etc/bulkhead/policy.toml";

/// What happens to a forbidden act.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
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

/// What is said about a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    pub host_paths: Vec<HostPath>,
    /// Rules that do not hold.
    pub allowed: Allowed,
}

/// A policy that can be put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub mode: Mode,
    /// The profile of every container that nothing else is said about.
    pub default: String,
    /// By name; the default is among them.
    pub profiles: BTreeMap<String, Profile>,
    /// The first that fits counts.
    pub assigns: Vec<Assign>,
    /// The file it was read from; `None` for the built-in policy.
    pub file: Option<PathBuf>,
}

/// What a container gets: a profile by name, and what happens to a forbidden act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub profile: String,
    pub mode: Mode,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            default: BASELINE.to_owned(),
            profiles: BTreeMap::from([(BASELINE.to_owned(), Profile::default())]),
            assigns: Vec::new(),
            file: None,
        }
    }
}

impl Policy {
    /// What a container gets of which this is known; the default where nothing is.
    pub fn grant(&self, info: &Info) -> Grant {
        if info.lookup != Lookup::Resolved {
            return self.default_grant();
        }
        let assign = self.assigns.iter().find(|assign| assign.fits(info));
        assign.map_or_else(|| self.default_grant(), |assign| self.grant_of(assign))
    }

    fn default_grant(&self) -> Grant {
        Grant {
            profile: self.default.clone(),
            mode: self.mode,
        }
    }

    fn grant_of(&self, assign: &Assign) -> Grant {
        Grant {
            profile: assign.profile.clone(),
            mode: assign.mode.unwrap_or(self.mode),
        }
    }

    /// All that this policy can give but the default.
    fn grants(&self) -> BTreeSet<Grant> {
        let all = self.assigns.iter().map(|assign| self.grant_of(assign));
        all.filter(|grant| *grant != self.default_grant()).collect()
    }

    fn granted(&self, grant: &Grant) -> (Mode, &Profile) {
        const NOTHING: &Profile = &Profile {
            host_paths: Vec::new(),
            allowed: Allowed::NOTHING,
        };
        let profile = self.profiles.get(&grant.profile);
        (grant.mode, profile.unwrap_or(NOTHING))
    }

    /// The same, but nothing is refused.
    #[must_use]
    pub fn audited(mut self) -> Self {
        self.mode = Mode::Audit;
        for assign in &mut self.assigns {
            assign.mode = None;
        }
        self
    }

    /// The profile that most containers have.
    pub fn default_profile(&self) -> &Profile {
        self.granted(&self.default_grant()).1
    }
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

/// The same as [`load`], with this text instead of that of the file.
///
/// # Errors
/// If anything is wrong in it.
pub fn load_text(
    (path, text): (&Path, &str),
    _file: Option<&Path>,
    root: &Path,
) -> Result<Policy, PolicyError> {
    parse(text, path, root)
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
