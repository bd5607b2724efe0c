//! Debian packages that have to be installed on this machine.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::apt::Apt;
use crate::exec;

/// Packages for one purpose.
pub(crate) struct Packages {
    /// From Debian 12 as it is.
    stable: &'static [&'static str],
    /// From its backports.
    backports: &'static [&'static str],
}

/// LLVM 22 is in Debian 12's security archive, which needs it for browsers.
pub(crate) const BUILD: Packages = Packages {
    stable: &[
        "g++",
        "llvm-22-dev",
        "libpolly-22-dev",
        "libzstd-dev",
        "zlib1g-dev",
        "libxml2-dev",
    ],
    backports: &[],
};

/// QEMU has to be 10: 7.2 breaks kernels that have two processors.
pub(crate) const VM: Packages = Packages {
    stable: &[
        "busybox-static",
        "cpio",
        "debian-archive-keyring",
        "e2fsprogs",
        "kmod",
        "xz-utils",
    ],
    backports: &["mmdebstrap", "qemu-system-x86"],
};

/// To look into packages, and to evaluate the Vagrantfile.
pub(crate) const DIST: Packages = Packages {
    stable: &["rpm", "ruby"],
    backports: &[],
};

const QEMU: &str = "qemu-system-x86";
const QEMU_AT_LEAST: u32 = 10;

/// Every package that set-up would install.
pub(crate) fn all_names() -> Vec<&'static str> {
    [BUILD, DIST, VM].iter().flat_map(Packages::names).collect()
}

impl Packages {
    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.stable.iter().chain(self.backports).copied()
    }

    /// The package database's folder, if they are all installed and new enough.
    pub(crate) fn found(&self) -> Result<Option<PathBuf>> {
        let mut query = Command::new("dpkg-query");
        query.args([
            "--show",
            "--showformat",
            "${db:Status-Abbrev} ${Package} ${Version}\n",
        ]);
        // It fails if a name is unknown, and that is an answer too.
        let listed = match query.args(self.names()).output() {
            Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
            Err(_) => return Ok(None),
        };
        let there = self.names().all(|name| is_installed(&listed, name));
        Ok(there.then(|| PathBuf::from("/var/lib/dpkg")))
    }

    pub(crate) fn install(&self) -> Result<()> {
        let apt = Apt::host()?;
        apt.refresh()?;
        if !self.backports.is_empty() {
            apt.install(self.backports, Some("bookworm-backports"))?;
        }
        apt.install(self.stable, None)
    }
}

/// Whether QEMU, as the shell finds it, is one that does not break kernels.
pub(crate) fn qemu_is_sound() -> bool {
    let version = exec::stdout(Command::new("qemu-system-x86_64").arg("--version"));
    let major = version
        .ok()
        .and_then(|said| major(said.split("version ").nth(1)?));
    major.is_some_and(|major| major >= QEMU_AT_LEAST)
}

fn is_installed(listed: &str, name: &str) -> bool {
    listed.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let &[status, package, version] = words.as_slice() else {
            return false;
        };
        let installed = status.starts_with("ii") || status.starts_with("hi");
        let new_enough = name != QEMU || major(version).is_some_and(|is| is >= QEMU_AT_LEAST);
        installed && package == name && new_enough
    })
}

/// The first number of a version, after Debian's epoch.
fn major(version: &str) -> Option<u32> {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_when_installed_and_new_enough() {
        let listed = "ii  cpio 2.13+dfsg-7.1\nrc  kmod 30\nii  qemu-system-x86 1:7.2+dfsg-7\n";
        assert!(is_installed(listed, "cpio"));
        assert!(!is_installed(listed, "kmod"));
        assert!(!is_installed(listed, "g++"));
        assert!(!is_installed(listed, "qemu-system-x86"));
        assert!(is_installed(
            "ii  qemu-system-x86 1:10.0.2+ds-2",
            "qemu-system-x86"
        ));
    }
}
