//! What can be wrong in a policy's text.

use super::{did_you_mean, meant, one_of};
use crate::policy::{assign, check, profiles, setting};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{message}")]
    Syntax {
        message: String,
        /// A word that stands where there should be a value.
        bare: Option<String>,
    },
    #[error("unknown key `{key}`{}", did_you_mean(*nearest))]
    UnknownKey {
        key: String,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    #[error("`{0}` belongs to a profile")]
    Outside(&'static str),
    #[error("`{0}` is said twice")]
    SaidTwice(&'static str),
    #[error("{}`{key}` is {found}, must be {wanted}", if *is_item { "an entry of " } else { "" })]
    Type {
        key: &'static str,
        found: &'static str,
        wanted: &'static str,
        is_item: bool,
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
    #[error("`baseline` extends nothing: it is what the others extend")]
    BaselineExtends,
    #[error("`{0}` is built in: it extends `baseline`, and nothing else")]
    BuiltInExtends(String),
    #[error("profiles extend one another: {0}")]
    Cycle(String),
    #[error("`assign` has no condition")]
    NoCondition,
    #[error("this `assign` never fits: one before it fits every container that it would")]
    NeverFits,
    #[error("\"{pattern}\" is no pattern: {reason}")]
    Pattern { pattern: String, reason: String },
    #[error("`{key}` is not known of a container of {runtime}'s: this `assign` never fits")]
    NotKnown { key: &'static str, runtime: String },
    #[error("{what} \"{word}\" is here twice")]
    Twice { what: &'static str, word: String },
    #[error("{what} has no `{key}`")]
    Missing {
        what: &'static str,
        key: &'static str,
    },
    #[error("unknown {what} \"{word}\" in `{key}`{}", did_you_mean(nearest.as_deref()))]
    Word {
        what: &'static str,
        key: &'static str,
        word: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("rule \"{0}\" cannot be allowed here: it is about what enters a container")]
    RuleOfAdmission(String),
    #[error("capability \"{0}\" is in both `add` and `drop`")]
    AddedAndDropped(String),
    #[error("{what} \"{path}\" is relative")]
    Relative { what: &'static str, path: String },
    #[error("{what} \"{path}\" goes through `..`")]
    Parent { what: &'static str, path: String },
    #[error("{what} \"{path}\" does not exist")]
    NotThere { what: &'static str, path: String },
    #[error("\"{0}\" is neither a block nor a character device")]
    NoDevice(String),
    #[error("cannot look at {what} \"{path}\": {reason}")]
    Unreachable {
        what: &'static str,
        path: String,
        reason: String,
    },
}

impl Problem {
    pub(in crate::policy) fn twice(what: &'static str, word: &str) -> Self {
        let word = word.to_owned();
        Self::Twice { what, word }
    }

    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Syntax { bare, .. } => format!("text stands in quotes: \"{}\"", bare.as_ref()?),
            Self::UnknownKey { key, known, .. } => {
                let elsewhere = elsewhere(key).map(|place| format!("`{key}` {place}; "));
                let elsewhere = elsewhere.unwrap_or_default();
                format!("{elsewhere}keys that exist here: {}", known.join(", "))
            }
            Self::Outside(key) => {
                format!(
                    "write {key} below the name of a [[profile]]; what is below \"baseline\" is for \
                     every profile that extends it, and most do"
                )
            }
            Self::Type { key, found, .. } => meant::shape(key, found)?.into(),
            Self::SaidTwice(_) => "let one file say it".into(),
            Self::Word { what, known, .. } => {
                let all = match *what {
                    "capability" => "capabilities that there are",
                    "namespace" => "namespaces that can be the host's",
                    "kernel filesystem" => "kernel filesystems that can be allowed",
                    _ => "rules that can be allowed",
                };
                format!("{all}: {}", known.join(", "))
            }
            Self::RuleOfAdmission(name) => format!("`{}` says it, in a profile", setting(name)?),
            Self::Relative { .. } | Self::Parent { .. } => "write the whole path, from /".into(),
            Self::NotThere { path, .. } if path.contains(':') => {
                "write the host's path alone, and access = \"ro\" or \"rw\" beside it".into()
            }
            Self::NotThere { path, .. } if path.contains('*') => {
                "paths are no patterns: one lets in all that is below it".into()
            }
            Self::NotThere { .. } => "create it first, or take the entry out".into(),
            Self::NoDevice(_) => "directories and files go into `host_paths`".into(),
            Self::BuiltInExtends(_) => "choose another name, or take `extends` out".into(),
            Self::AddedAndDropped(_) => "take it out of one of them".into(),
            Self::NoCondition => {
                "give it an image, name, label, namespace or runtime; `default` says what all others get"
                    .into()
            }
            Self::NeverFits => "move it before that one, or take it out".into(),
            Self::Missing { key, .. } if *key == "profile" => {
                "write profile = \"NAME\", the name of a [[profile]]".into()
            }
            Self::Missing { key, .. } if *key == "name" => "write name = \"web\", as the [[assign]] calls it".into(),
            Self::Missing { .. } => "write { path = \"/srv/data\", access = \"ro\" }".into(),
            _ => return None,
        })
    }
}

/// Where a key belongs that is not known here.
fn elsewhere(key: &str) -> Option<&'static str> {
    const IN: [(&[&str], &str); 3] = [
        (assign::KEYS, "belongs to an [[assign]]"),
        (profiles::KEYS, "belongs to a [[profile]]"),
        (check::TOP, "stands before every [[profile]] and [[assign]]"),
    ];
    if key == "privileged" {
        return Some("is a profile: extends = \"privileged\"");
    }
    let found = IN.iter().find(|(keys, _)| keys.contains(&key));
    found.map(|(_, place)| *place)
}
