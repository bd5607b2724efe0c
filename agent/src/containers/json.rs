//! Small JSON files that runtimes write.

use std::path::Path;

use serde::de::DeserializeOwned;

/// A file's content; `None` if it is not there, or is not what it should be.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = std::fs::read(path).ok()?;
    serde_json::from_slice(&bytes)
        .inspect_err(|e| log::debug!("{}: {e}", path.display()))
        .ok()
}
