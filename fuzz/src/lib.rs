//! The agent's readers of what others write, compiled in from its files, for the fuzz targets.

#[path = "../../agent/src/anchors/mod.rs"]
pub mod anchors;
#[path = "../../agent/src/capabilities.rs"]
pub mod capabilities;
#[path = "../../agent/src/containers/mod.rs"]
pub mod containers;
#[path = "../../agent/src/descriptor.rs"]
pub mod descriptor;
#[path = "../../agent/src/policy/mod.rs"]
pub mod policy;

mod folder;
mod text;

pub use folder::Folder;
pub use text::Text;
