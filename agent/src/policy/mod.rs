//! The policy: files → source → checked → resolved. Only the first and the last step look at the
//! filesystem.

mod allowed;
mod assign;
mod capabilities;
mod check;
mod error;
mod files;
mod lint;
mod numbers;
mod profiles;
mod resolve;
mod said;
#[cfg(test)]
mod schema;
mod source;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use allowed::Allowed;
pub use assign::{Assign, Image, RUNTIMES, with_registry};
pub use error::{PolicyError, Position};
pub use lint::{Lint, Warning};
pub use numbers::{Content, Numbered, TooMany};
use probe_common::container;
pub use profiles::setting;
pub use said::{Said, Spot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::containers::{Info, Lookup};

/// The profile that others extend where they do not say which.
pub const BASELINE: &str = "baseline";
/// For containers that need nothing.
pub const RESTRICTED: &str = "restricted";
/// Asks nothing when a container starts.
pub const PRIVILEGED: &str = "privileged";

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

/// What happens to containers that ran already and have what their profile refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    #[default]
    Report,
    /// By their runtime.
    Stop,
}

/// How a host path may enter a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    #[default]
    Ro,
    Rw,
}

/// A host directory or file that the policy lets into containers, with all below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPath {
    pub path: PathBuf,
    pub access: Access,
}

/// A device of the host's that the policy lets containers mount and open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub path: PathBuf,
    /// A block device, else a character device.
    pub block: bool,
    /// Major number in the upper 12 bits, minor in the lower 20, as the kernel's `dev_t`.
    pub dev: u32,
}

/// What is said about a container. By default nothing is allowed: that is what holds where a
/// profile is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    pub host_paths: Vec<HostPath>,
    pub devices: Vec<Device>,
    /// Rules that do not hold.
    pub allowed: Allowed,
    /// What it may have of the kernel's capabilities, by their numbers.
    pub capabilities: u64,
    /// Namespaces that may be the host's: bits in the order of `label::NAMESPACES`.
    pub namespaces: u32,
    /// Kernel filesystems that it may have, as `admission::filesystem` bits.
    pub filesystems: u32,
}

impl Profile {
    /// Every rule holds.
    const NOTHING: Self = Self {
        host_paths: Vec::new(),
        devices: Vec::new(),
        allowed: Allowed::NOTHING,
        capabilities: 0,
        namespaces: 0,
        filesystems: 0,
    };

    /// As the probe and `admission::decide` have it, enforcing.
    pub fn admission(&self) -> container::Profile {
        container::Profile {
            mode: container::MODE_ENFORCE,
            allow: self.allowed.bits(),
            capabilities: self.capabilities,
            namespaces: self.namespaces,
            filesystems: self.filesystems,
        }
    }
}

/// A policy that can be put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub mode: Mode,
    pub existing: Existing,
    /// The profile of every container that nothing else is said about.
    pub default: String,
    /// Rules of containment whose missing hooks are no reason not to start.
    pub allow_missing: Allowed,
    /// By name; the default and the built-in ones are among them.
    pub profiles: BTreeMap<String, Profile>,
    /// The first that fits counts.
    pub assigns: Vec<Assign>,
    /// The first file it was read from; `None` for the built-in policy.
    pub file: Option<PathBuf>,
    pub said: Said,
}

/// What a container gets: a profile by name, and what happens to a forbidden act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    pub profile: String,
    pub mode: Mode,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            existing: Existing::default(),
            default: BASELINE.to_owned(),
            allow_missing: Allowed::NOTHING,
            profiles: profiles::Profiles::built_in(),
            assigns: Vec::new(),
            file: None,
            said: Said::default(),
        }
    }
}

impl Policy {
    /// What a container gets of which this is known; the default where nothing is.
    pub fn grant(&self, info: &Info) -> Grant {
        let assigned = self.assigned(info);
        assigned.map_or_else(|| self.default_grant(), |(_, assign)| self.grant_of(assign))
    }

    /// The assign that decides about such a container, and which one it is, from 1.
    pub fn assigned(&self, info: &Info) -> Option<(usize, &Assign)> {
        if info.lookup != Lookup::Resolved {
            return None;
        }
        let mut all = (1..).zip(&self.assigns);
        all.find(|(_, assign)| assign.fits(info))
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

    /// All that this policy can give.
    fn grants(&self) -> BTreeSet<Grant> {
        let all = self.assigns.iter().map(|assign| self.grant_of(assign));
        all.chain([self.default_grant()]).collect()
    }

    fn granted(&self, grant: &Grant) -> (Mode, &Profile) {
        const NOTHING: &Profile = &Profile::NOTHING;
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

/// Reads and checks the policy: `file` if one is named, else [`DEFAULT_FILE`], and the folder beside
/// it; the built-in one if there is none. `root` is the host's root folder.
///
/// # Errors
/// If a file cannot be read or anything in it is wrong.
pub fn load(file: Option<&Path>, root: &Path) -> Result<Policy, PolicyError> {
    lint(file, root).map(|lint| lint.policy)
}

/// The same as [`load`], with this text instead of that of the file.
///
/// # Errors
/// If anything is wrong in it, or a file of the folder cannot be read.
pub fn load_text(
    (path, text): (&Path, &str),
    file: Option<&Path>,
    root: &Path,
) -> Result<Policy, PolicyError> {
    let (path, text) = (path.to_owned(), text.to_owned());
    let files = files::instead(files::File { path, text }, file, root)?;
    lint::lint(&files, root).map(|lint| lint.policy)
}

/// The same, with what may be a mistake.
///
/// # Errors
/// As [`load`].
pub fn lint(file: Option<&Path>, root: &Path) -> Result<Lint, PolicyError> {
    lint::lint(&files::read(file, root)?, root)
}

#[cfg(test)]
fn parse(text: &str, path: &Path, root: &Path) -> Result<Policy, PolicyError> {
    let (path, text) = (path.to_owned(), text.to_owned());
    lint::lint(&[files::File { path, text }], root).map(|lint| lint.policy)
}

#[cfg(test)]
mod tests;
