//! The agent's readers of what others write, compiled in from its files, for the fuzz targets.

#[path = "../../agent/src/anchors/mod.rs"]
pub mod anchors;
#[path = "../../agent/src/capabilities.rs"]
pub mod capabilities;
#[path = "../../agent/src/containers/mod.rs"]
pub mod containers;
#[path = "../../agent/src/descriptor.rs"]
pub mod descriptor;
#[path = "../../agent/src/explain/mod.rs"]
pub mod explain;
#[path = "../../agent/src/policy/mod.rs"]
pub mod policy;
#[path = "../../agent/src/proc/mod.rs"]
pub mod proc;

#[expect(dead_code, reason = "its JSON is for the agent's printer")]
#[path = "../../agent/src/output/escape.rs"]
mod escape;
mod folder;
mod text;

/// As far as the others use it.
pub mod output {
    pub use super::escape::escape;
}

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
