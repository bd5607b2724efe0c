//! What the next agent must know of the numbers: containers have them still.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Given, Numbered};
use crate::{host::replace, output::json};

/// In the agent's folder, which the host's start empties, as it does the kernel's tables.
const FILE: &str = "numbers.json";

#[derive(Serialize, Deserialize)]
struct Remembered {
    given: Vec<Given>,
    names: BTreeMap<u32, String>,
    lasting: Vec<Given>,
    unknown: BTreeSet<u32>,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct Unwritten {
    path: PathBuf,
    source: io::Error,
}

impl Numbered {
    /// The numbers of an earlier agent, of which the kernel has `used`. Where they were not written
    /// down, none of them is given again.
    pub fn remembered(folder: &Path, used: BTreeSet<u32>) -> Self {
        Self::written(folder).unwrap_or_else(|error| {
            log::warn!(
                "{}: {error}: containers that no policy assigns anything keep what they have",
                folder.join(FILE).display()
            );
            Self {
                unknown: used,
                ..Self::default()
            }
        })
    }

    /// What an earlier agent wrote down.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn written(folder: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(folder.join(FILE))?;
        let Remembered {
            given,
            names,
            lasting,
            unknown,
        } = serde_json::from_str(&text)?;
        Ok(Self {
            given,
            names,
            lasting,
            unknown,
            ..Self::default()
        })
    }

    /// Before the kernel is told: the next agent may have to know more, never less.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn remember(&self, folder: &Path) -> Result<(), Unwritten> {
        let remembered = Remembered {
            given: self.given.clone(),
            names: self.names.clone(),
            lasting: self.lasting.clone(),
            unknown: self.unknown.clone(),
        };
        let path = folder.join(FILE);
        match replace(&path, &json(&remembered)) {
            Ok(_) => Ok(()),
            Err(source) => Err(Unwritten { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assigns, number};
    use super::*;

    #[test]
    fn the_next_agent_goes_on_with_the_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let first = Numbered::default().follow(assigns(&["a", "b"])).unwrap();
        first.remember(folder.path()).unwrap();
        let next = Numbered::remembered(folder.path(), BTreeSet::new());
        let next = next.follow(assigns(&["b", "c"])).unwrap();
        let same = first.follow(assigns(&["b", "c"])).unwrap();
        assert_eq!(next, same, "as if it had read another policy");
        assert_eq!(number(&next, "b"), number(&first, "b"));
    }

    #[test]
    fn what_nobody_wrote_down_is_not_given_again() {
        let folder = tempfile::tempdir().unwrap();
        for text in [None, Some(""), Some("{\"given\":7}"), Some("\0\0")] {
            if let Some(text) = text {
                fs::write(folder.path().join(FILE), text).unwrap();
            }
            let next = Numbered::remembered(folder.path(), [2, 3].into());
            let next = next.follow(assigns(&["a"])).unwrap();
            assert_eq!(number(&next, "a"), 4, "{text:?}");
            next.remember(folder.path()).unwrap();
            let third = Numbered::remembered(folder.path(), BTreeSet::new());
            let third = third.follow(assigns(&["b"])).unwrap();
            assert_eq!(number(&third, "b"), 6, "{text:?}");
            fs::remove_file(folder.path().join(FILE)).unwrap();
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let gone = Path::new("/nonexistent");
        let error = Numbered::default().remember(gone).unwrap_err();
        assert_eq!(error.to_string(), "cannot write /nonexistent/numbers.json");
    }
}
