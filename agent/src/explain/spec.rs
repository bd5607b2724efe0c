//! What of the OCI runtime specification is looked at, and what of `/proc` runtimes mask.

use std::{collections::BTreeMap, path::PathBuf};

use probe_common::walk::{self, MASKS};
use serde::Deserialize;

/// Below `/proc`: what has to be hidden, and what has to be hidden or read-only.
pub const HIDDEN: &[&str] = MASKS.split_at(walk::HIDDEN).0;
pub const READ_ONLY: &[&str] = MASKS.split_at(walk::HIDDEN).1;

/// Is it a place below `/proc` that has to be masked?
pub fn is_mask(path: &str) -> bool {
    let name = path.strip_prefix("/proc/").unwrap_or_default();
    MASKS.contains(&name)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    #[serde(default)]
    pub process: Process,
    #[serde(default)]
    pub root: Root,
    #[serde(default)]
    pub mounts: Vec<Mount>,
    #[serde(default)]
    pub linux: Linux,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Process {
    pub user: User,
    pub capabilities: Capabilities,
    pub no_new_privileges: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    pub uid: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    pub bounding: Vec<String>,
    pub permitted: Vec<String>,
    pub inheritable: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Root {
    pub path: PathBuf,
    pub readonly: bool,
}

#[derive(Debug, Deserialize)]
pub struct Mount {
    pub destination: String,
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub source: PathBuf,
    #[serde(default)]
    pub options: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Linux {
    pub namespaces: Vec<Namespace>,
    pub uid_mappings: Vec<Mapping>,
    pub devices: Vec<Device>,
    pub seccomp: Option<serde_json::Value>,
    pub masked_paths: Vec<String>,
    pub readonly_paths: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Namespace {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    #[serde(rename = "containerID")]
    pub container_id: u32,
    #[serde(rename = "hostID")]
    pub host_id: u32,
    pub size: u32,
}

#[derive(Debug, Deserialize)]
pub struct Device {
    pub path: String,
}

impl Mount {
    pub fn has(&self, options: &[&str]) -> bool {
        let mut own = self.options.iter();
        own.any(|option| options.contains(&option.as_str()))
    }
}

impl Linux {
    /// The host's id of a user.
    pub fn host_id(&self, uid: u32) -> Option<u32> {
        if self.uid_mappings.is_empty() {
            return Some(uid);
        }
        self.uid_mappings.iter().find_map(|mapping| {
            let offset = uid.checked_sub(mapping.container_id)?;
            (offset < mapping.size).then(|| mapping.host_id.checked_add(offset))?
        })
    }
}
