//! Real tools for a container that has none: copied with their libraries into the actors' volume.

use std::path::Path;

use anyhow::Result;

use crate::{command, docker::VOLUME_DIR};

const TOOLS: &[&str] = &[
    "debugfs",
    "mknod",
    "mount",
    "nsenter",
    "pivot_root",
    "socat",
    "strace",
    "umount",
    "unshare",
];
/// Each tool that is there, what it is linked with, and the loader under a name of its own.
const COPY: &str = r#"
mkdir -p "$0" && cd "$0" && cp -L /lib64/ld-linux-x86-64.so.2 ld.so
for tool in "$@"; do
    path=$(command -v "$tool") || continue
    cp -L "$path" .
    ldd "$path" | grep -o '/[^ ]*' | grep -v /ld-linux >> list
done
sort -u list | xargs -I{} cp -L {} .
rm list
"#;

/// Copies every tool that this machine has.
///
/// # Errors
/// If one that is there cannot be copied.
pub fn copy() -> Result<()> {
    let to = format!("{VOLUME_DIR}/tools");
    if !Path::new(&to).exists() {
        command::must(&[&["sh", "-ec", COPY, &to], TOOLS].concat())?;
    }
    Ok(())
}

/// Whether this machine has it.
#[must_use]
pub fn have(tool: &str) -> bool {
    ["/usr/bin", "/usr/sbin"]
        .iter()
        .any(|directory| Path::new(directory).join(tool).exists())
}
