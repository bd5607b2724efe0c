//! Where the text says what, for who wants to know the line.

use std::{collections::BTreeMap, path::PathBuf};

use super::error::Position;

/// A file and the place in it.
pub type Spot = (PathBuf, Position);

/// The places of a policy's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Of `default`.
    pub default: Option<Spot>,
    pub(super) profiles: BTreeMap<String, BTreeMap<&'static str, Spot>>,
}

impl Said {
    /// Where the profile has this key from, which may be one that it extends; none where that is
    /// built in.
    pub fn of(&self, profile: &str, key: &str) -> Option<&Spot> {
        self.profiles.get(profile)?.get(key)
    }
}
