//! Lists of words of which each is a bit: rules, namespaces, filesystems, capabilities.

use super::{
    error::{Problem, Wrong, nearest},
    source::Placed,
};

/// The words that a list may have.
pub(super) struct Words {
    /// What one of them is.
    pub(super) what: &'static str,
    /// The key of the list.
    pub(super) key: &'static str,
    /// Each with its bits.
    pub(super) known: Vec<(u64, String)>,
}

impl Words {
    /// The bits of a list, each word once.
    pub(super) fn bits(&self, list: &[Placed<'_>]) -> Result<u64, Wrong> {
        let mut all = 0;
        for (word, place) in list {
            let problem = |problem| Wrong::new(place.clone(), problem);
            let known = self.known.iter().find(|(_, known)| known == word);
            let Some((bits, _)) = known else {
                return Err(problem(self.unknown(word)));
            };
            if all & bits != 0 {
                return Err(problem(Problem::twice(self.what, word)));
            }
            all |= bits;
        }
        Ok(all)
    }

    pub(super) fn unknown(&self, word: &str) -> Problem {
        let known: Vec<_> = self.known.iter().map(|(_, known)| known.clone()).collect();
        Problem::Word {
            what: self.what,
            key: self.key,
            nearest: nearest(word, known.iter().map(String::as_str)).map(str::to_owned),
            word: word.to_owned(),
            known,
        }
    }
}
