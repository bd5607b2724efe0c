//! The agent's readers of what others write, compiled in from its files, for the fuzz targets.

#[path = "../../agent/src/anchors/mod.rs"]
pub mod anchors;
#[path = "../../agent/src/capabilities.rs"]
pub mod capabilities;
#[path = "../../agent/src/containers/mod.rs"]
pub mod containers;
#[path = "../../agent/src/denials/mod.rs"]
pub mod denials;
#[path = "../../agent/src/descriptor.rs"]
pub mod descriptor;
#[path = "../../agent/src/explain/mod.rs"]
pub mod explain;
#[path = "../../agent/src/policy/mod.rs"]
pub mod policy;
#[path = "../../agent/src/proc/mod.rs"]
pub mod proc;

#[expect(dead_code, reason = "the other half looks at directories")]
#[path = "../../agent/src/containers/cgroups.rs"]
mod cgroup_paths;
mod folder;
pub mod output;
pub mod socket;
mod text;

/// As far as the others use it.
pub mod exit {
    /// How a verb ends.
    #[derive(Debug, Clone, Copy)]
    pub enum Exit {
        Failed,
        Usage,
    }
}

pub use folder::Folder;
pub use text::Text;

/// What looks like a container's id in a cgroup's path.
pub fn ids_in(path: &str) -> Vec<&str> {
    assert_eq!(cgroup_paths::id_in(path), cgroup_paths::ids_in(path).next());
    cgroup_paths::ids_in(path).collect()
}
