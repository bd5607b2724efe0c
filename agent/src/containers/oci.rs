//! Plain OCI runtimes: `runc run x`, `crun run x`, `youki run x`. Their containers have an id, which
//! is the name too, and no image.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Info, Lookup, is_safe_id, json};

/// State folder, state file in a container's folder, runtime.
const RUNTIMES: &[(&str, &str, &str)] = &[
    ("run/runc", "state.json", "runc"),
    ("run/crun", "status", "crun"),
    ("run/youki", "state.json", "youki"),
];

#[derive(Deserialize)]
struct State {
    /// runc.
    #[serde(default)]
    cgroup_paths: HashMap<String, PathBuf>,
    /// crun.
    #[serde(default, rename = "cgroup-path")]
    cgroup_path: Option<PathBuf>,
}

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    RUNTIMES
        .iter()
        .find(|(folder, file, _)| root.join(folder).join(id).join(file).is_file())
        .map(|(.., runtime)| info(id, runtime))
}

/// The container whose cgroup is `path`, or has it inside.
pub(super) fn by_cgroup(root: &Path, path: &str) -> Option<Info> {
    RUNTIMES.iter().find_map(|(folder, file, runtime)| {
        let mut containers = fs::read_dir(root.join(folder)).ok()?.flatten();
        containers.find_map(|container| {
            let state: State = json::read(&container.path().join(file))?;
            let id = container.file_name().into_string().ok()?;
            let mut cgroups = state.cgroup_paths.into_values().chain(state.cgroup_path);
            let is_it = cgroups.any(|cgroup| is_within(path, &cgroup));
            (is_it && is_safe_id(&id)).then(|| info(&id, runtime))
        })
    })
}

fn is_within(path: &str, cgroup: &Path) -> bool {
    let cgroup = cgroup.strip_prefix("/sys/fs/cgroup").unwrap_or(cgroup);
    let cgroup = cgroup.strip_prefix("/").unwrap_or(cgroup);
    let path = Path::new(path.trim_start_matches('/'));
    !cgroup.as_os_str().is_empty() && path.starts_with(cgroup)
}

fn info(id: &str, runtime: &'static str) -> Info {
    Info {
        id: Some(id.to_owned()),
        name: Some(id.to_owned()),
        runtime: Some(runtime),
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}
