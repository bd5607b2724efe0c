//! What can be wrong with a policy, and what would be right.

use std::{
    fmt, io,
    ops::Range,
    path::{Path, PathBuf},
};

use super::allowed;

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("cannot read policy {}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}:{at}: {problem}", path.display())]
    Wrong {
        path: PathBuf,
        at: Position,
        problem: Problem,
    },
}

impl PolicyError {
    /// Puts file, line and column to a problem.
    pub(super) fn wrong(path: &Path, text: &str, wrong: Wrong) -> Self {
        Self::Wrong {
            path: path.to_owned(),
            at: Position::of(text, wrong.span.start),
            problem: wrong.problem,
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

/// A problem and the bytes of the text it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) problem: Problem,
}

impl Wrong {
    pub(super) fn new(span: Range<usize>, problem: Problem) -> Self {
        Self { span, problem }
    }
}

/// Line and column, counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    line: usize,
    column: usize,
}

impl Position {
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{0}")]
    Syntax(String),
    #[error("unknown key `{key}`{}", did_you_mean(*nearest))]
    UnknownKey {
        key: String,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    #[error("`{key}` is not supported by this version")]
    Later { key: String },
    #[error("`host_paths` belongs to a profile")]
    HostPathsOutside,
    #[error("`{key}` is {found}, must be {wanted}")]
    Type {
        key: &'static str,
        found: &'static str,
        wanted: &'static str,
    },
    #[error("`{key}` is \"{found}\", must be {}", one_of(known))]
    Value {
        key: &'static str,
        found: String,
        known: &'static [&'static str],
    },
    #[error("unknown profile \"{name}\"{}", did_you_mean(nearest.as_deref()))]
    Profile {
        name: String,
        nearest: Option<String>,
    },
    #[error("profile \"{0}\" belongs to a later version")]
    Reserved(String),
    #[error("`baseline` extends nothing: it is what the others extend")]
    BaselineExtends,
    #[error("profiles extend one another: {0}")]
    Cycle(String),
    #[error("`assign` has no condition")]
    NoCondition,
    #[error("this `assign` never fits: one before it fits every container that it would")]
    NeverFits,
    #[error("\"{pattern}\" is no pattern: {reason}")]
    Pattern { pattern: String, reason: String },
    #[error("profile \"{0}\" is here twice")]
    ProfileTwice(String),
    #[error("{what} has no `{key}`")]
    Missing {
        what: &'static str,
        key: &'static str,
    },
    #[error("unknown rule \"{name}\" in `contain.allow`{}", did_you_mean(*nearest))]
    Rule {
        name: String,
        nearest: Option<&'static str>,
    },
    #[error("rule \"{0}\" cannot be allowed here: it is about what enters a container")]
    RuleOfAdmission(String),
    #[error("rule \"{0}\" is here twice")]
    RuleTwice(String),
    #[error("host path \"{0}\" is relative")]
    Relative(String),
    #[error("host path \"{0}\" goes through `..`")]
    Parent(String),
    #[error("host path \"{0}\" is here twice")]
    PathTwice(String),
    #[error("host path \"{path}\" does not exist")]
    NotThere { path: String },
    #[error("cannot look at host path \"{path}\": {reason}")]
    Unreachable { path: String, reason: String },
}

impl Problem {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey { known, .. } => format!("keys that exist here: {}", known.join(", ")),
            Self::HostPathsOutside => {
                "write [[profile]], then name = \"baseline\" and host_paths = […] below it".into()
            }
            Self::Rule { .. } => {
                format!("rules that can be allowed: {}", allowed::names().join(", "))
            }
            Self::RuleOfAdmission(_) => "let single paths in with host_paths".into(),
            Self::Relative(_) | Self::Parent(_) => "write the whole path, from /".into(),
            Self::NotThere { .. } => "create it first, or take the entry out".into(),
            Self::Reserved(_) => "choose another name".into(),
            Self::NoCondition => {
                "give it an image, name, label or runtime; `default` says what all others get"
                    .into()
            }
            Self::NeverFits => "move it before that one, or take it out".into(),
            Self::Missing { key, .. } if *key == "profile" => {
                "write profile = \"NAME\", the name of a [[profile]]".into()
            }
            Self::Missing { key, .. } if *key == "name" => "write name = \"baseline\"".into(),
            Self::Missing { .. } => "write { path = \"/srv/data\", access = \"ro\" }".into(),
            _ => return None,
        })
    }
}

/// The word of `known` that `word` is most likely meant to be.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= k.len().max(3) / 2)
        .min()
        .map(|(_, k)| k)
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
