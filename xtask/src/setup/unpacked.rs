//! Programs of Debian's that are not installed on this machine, but used out of the cache.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::apt::Apt;
use crate::cache;

/// One program of a package.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    package: &'static str,
    path: &'static str,
    /// Debian 13's, for a virtual machine.
    is_guests: bool,
}

/// It judges metrics. Debian has it in the package of a server that nobody wants here.
pub(crate) const PROMTOOL: Program = Program {
    name: "promtool",
    package: "prometheus",
    path: "usr/bin/promtool",
    is_guests: false,
};

/// For the bench's virtual machines: in theirs Docker uses AppArmor, in all others it does not.
pub(crate) const APPARMOR_PARSER: Program = Program {
    name: "apparmor_parser",
    package: "apparmor",
    path: "usr/sbin/apparmor_parser",
    is_guests: true,
};

impl Program {
    pub(crate) fn file(self) -> Result<PathBuf> {
        Ok(self.dir()?.join(self.name))
    }

    /// The folder to put on the search path.
    pub(crate) fn dir(self) -> Result<PathBuf> {
        Ok(cache::dir()?.join(self.package))
    }

    pub(super) fn found(self) -> Result<Option<PathBuf>> {
        let file = self.file()?;
        Ok(file.exists().then_some(file))
    }

    pub(super) fn make(self) -> Result<()> {
        let apt = if self.is_guests {
            Apt::guest()
        } else {
            Apt::host()
        }?;
        apt.refresh()?;
        cache::publish(&self.dir()?, |dir| {
            let tree = cache::sub(dir, "unpacked")?;
            apt.unpack(self.package, &tree)?;
            fs::rename(tree.join(self.path), dir.join(self.name))
                .with_context(|| format!("{} holds no {}", self.package, self.path))?;
            cache::remove(&tree)
        })
    }
}
