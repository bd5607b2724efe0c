//! What kind of machine this is.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context as _, Result, bail};

use super::packages;

/// Refuses, with what to install instead, where set-up cannot install packages itself.
pub(crate) fn check() -> Result<()> {
    let name = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let why = if !is_debian_12(&name) {
        "this is not Debian 12"
    } else if !is_root()? {
        "this is not root"
    } else {
        return Ok(());
    };
    bail!(
        "{why}, so set-up cannot install what is missing\n\
         hint: as root on Debian 12 run `cargo xtask setup`, or install yourself \
         (Debian's names; from bookworm, bookworm-security and bookworm-backports):\n  {}",
        packages::all_names().join(" "),
    )
}

pub(crate) fn is_root() -> Result<bool> {
    let me = fs::metadata("/proc/self").context("cannot look at /proc/self")?;
    Ok(me.uid() == 0)
}

fn is_debian_12(os_release: &str) -> bool {
    let has = |key: &str, value: &str| {
        os_release
            .lines()
            .filter_map(|line| line.split_once('='))
            .any(|(name, found)| name == key && found.trim_matches('"') == value)
    };
    has("ID", "debian") && has("VERSION_ID", "12")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_debian_12_is_debian_12() {
        assert!(is_debian_12(
            "PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n"
        ));
        assert!(!is_debian_12("VERSION_ID=\"13\"\nID=debian\n"));
        assert!(!is_debian_12(
            "VERSION_ID=\"12\"\nID=ubuntu\nID_LIKE=debian\n"
        ));
        assert!(!is_debian_12(""));
    }
}
