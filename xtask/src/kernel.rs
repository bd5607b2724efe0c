//! The kernels Bulkhead is tested on: Debian's, for virtual machines.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::cache;

/// A series of kernels; the newest of it that Debian has is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kernel {
    #[value(name = "6.1")]
    V6_1,
    #[value(name = "6.12")]
    V6_12,
    #[value(name = "6.18")]
    V6_18,
    #[value(name = "7.3")]
    V7_3,
}

impl Kernel {
    pub(crate) const ALL: [Self; 4] = [Self::V6_1, Self::V6_12, Self::V6_18, Self::V7_3];

    pub(crate) fn series(self) -> &'static str {
        match self {
            Self::V6_1 => "6.1",
            Self::V6_12 => "6.12",
            Self::V6_18 => "6.18",
            Self::V7_3 => "7.3",
        }
    }

    /// Holds `vmlinuz`, `modules.img` and `release`, once set-up has been there.
    pub(crate) fn dir(self) -> Result<PathBuf> {
        Ok(cache::dir()?.join("kernels").join(self.series()))
    }

    /// What `uname -r` says in it.
    pub(crate) fn release(self) -> Result<String> {
        let path = self.dir()?.join("release");
        let text = fs::read_to_string(&path);
        Ok(text
            .with_context(|| format!("cannot read {}", path.display()))?
            .trim()
            .to_owned())
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.series())
    }
}
