//! Small JSON files that runtimes write.

use std::{fs::File, io::Read as _, path::Path};

use serde::de::DeserializeOwned;

/// More than any runtime writes that nobody leads on.
const LONGEST: u64 = 4 << 20;

/// A file's content; `None` if it is not there, or is not what it should be.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).ok()?.take(LONGEST);
    file.read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes)
        .inspect_err(|e| log::debug!("{}: {e}", path.display()))
        .ok()
}
