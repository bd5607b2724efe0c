//! What can be wrong with a policy, and what would be right.

mod excerpt;
mod meant;
mod problem;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use self::excerpt::Excerpt;
pub use self::problem::Problem;
use super::{files::File, source::Place};

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("cannot read policy {}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}:{at}: {problem}{}", path.display(), first_at(first.as_ref()))]
    Wrong {
        path: PathBuf,
        at: Position,
        problem: Box<Problem>,
        /// Where it was said before, if that is another file.
        first: Option<(PathBuf, Position)>,
        excerpt: Option<Box<Excerpt>>,
    },
}

impl PolicyError {
    /// Puts file, line and column to a problem.
    pub(super) fn wrong(files: &[File], wrong: Wrong) -> Self {
        let (path, at) = Position::of(files, &wrong.place);
        let first = wrong.first.filter(|first| first.file != wrong.place.file);
        Self::Wrong {
            path,
            at,
            problem: wrong.problem,
            first: first.map(|first| Position::of(files, &first)),
            excerpt: Excerpt::of(files, &wrong.place).map(Box::new),
        }
    }

    /// The text that is wrong.
    pub fn excerpt(&self) -> Option<&Excerpt> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Wrong { excerpt, .. } => excerpt.as_deref(),
        }
    }

    /// The file that is wrong, and where in it.
    pub fn place(&self) -> (&Path, Option<Position>) {
        match self {
            Self::Unreadable { path, .. } => (path, None),
            Self::Wrong { path, at, .. } => (path, Some(*at)),
        }
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> String {
        match self {
            Self::Unreadable { source, .. } => format!("cannot read policy: {source}"),
            Self::Wrong { problem, first, .. } => format!("{problem}{}", first_at(first.as_ref())),
        }
    }

    /// The one concrete thing to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Wrong { problem, .. } => problem.hint(),
        }
    }
}

fn first_at(first: Option<&(PathBuf, Position)>) -> String {
    let shown = |(path, at): &(PathBuf, Position)| format!(", first at {}:{at}", path.display());
    first.map(shown).unwrap_or_default()
}

/// A problem and the place of the text it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) place: Place,
    /// Boxed, so that what is right is not as large as what is wrong.
    pub(super) problem: Box<Problem>,
    /// Where it was said before.
    pub(super) first: Option<Place>,
}

impl Wrong {
    pub(super) fn new(place: Place, problem: Problem) -> Self {
        Self {
            place,
            problem: Box::new(problem),
            first: None,
        }
    }

    pub(super) fn after(self, first: &Place) -> Self {
        Self {
            first: Some(first.clone()),
            ..self
        }
    }
}

/// Line and column, counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    /// The file and the position in it.
    pub(super) fn of(files: &[File], place: &Place) -> (PathBuf, Self) {
        let Some(file) = files.get(place.file) else {
            return (PathBuf::new(), Self { line: 1, column: 1 });
        };
        let before = file.text.get(..place.span.start).unwrap_or(&file.text);
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let at = Self {
            line: before.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
        };
        (file.path.clone(), at)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The word of `known` that `word` is most likely meant to be.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<_> = known.into_iter().collect();
    let close = || {
        let all = known.iter().copied();
        all.map(|k| (strsim::damerau_levenshtein(word, k), k))
            .filter(|(distance, k)| *distance <= k.len().max(3) / 2)
            .min()
            .map(|(_, k)| k)
    };
    // `NET_BIND` is a beginning, and closer to another word.
    let begins = || {
        let mut all = known.iter().copied().filter(|k| k.starts_with(word));
        all.next().filter(|_| word.len() > 2)
    };
    meant::meant(word, &known).or_else(begins).or_else(close)
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!(", did you mean `{word}`?"))
}

fn one_of(known: &[&str]) -> String {
    known
        .iter()
        .map(|k| format!("\"{k}\""))
        .collect::<Vec<_>>()
        .join(" or ")
}
