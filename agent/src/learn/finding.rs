//! What a denial says was missing.

mod admission;

use std::path::{Component, PathBuf};

use self::admission::admission;
use super::{host::Host, known};
use crate::{denials::Denial, output::act};

/// One setting of a profile, as small as it can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Compared by its components, as the policy does.
    HostPath(PathBuf),
    /// A key that takes a list, and one word of it.
    Item(&'static str, String),
    /// A key, and the word that asks nothing.
    Word(&'static str, &'static str),
    /// A rule of containment.
    Allow(&'static str),
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Setting(Setting),
    /// No setting lets it in, or none should: why.
    Nothing(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) answer: Answer,
    /// What was seen.
    pub(super) what: String,
    /// It was read-only in the policy and not in the container.
    pub(super) writable: bool,
}

impl Finding {
    fn new(answer: Answer, what: String) -> Self {
        let writable = false;
        Self {
            answer,
            what,
            writable,
        }
    }

    fn nothing(why: &str, what: String) -> Self {
        Self::new(Answer::Nothing(why.to_owned()), what)
    }
}

/// Everything that a denial is about; never empty.
pub(super) fn all(denial: &Denial, host: &dyn Host) -> Vec<Finding> {
    match known::rule(&denial.rule) {
        Some(rule) => vec![containment(denial, rule, host)],
        None => admission(denial, host),
    }
}

fn containment(denial: &Denial, rule: &'static str, host: &dyn Host) -> Finding {
    let what = act(denial);
    if let Some(why) = beyond_settings(denial.cause.as_deref()) {
        return Finding::nothing(why, what);
    }
    let answer = match rule {
        "foreign-file" if denial.cause.as_deref() == Some("working-directory") => {
            let why = "give a working directory inside the container (`-w /`)";
            Answer::Nothing(why.to_owned())
        }
        "runtime-socket" => match denial.target.socket.as_deref() {
            Some(socket) if socket.starts_with('/') => path(socket, host),
            _ => Answer::Setting(Setting::Allow(rule)),
        },
        "device" => device(denial, host).unwrap_or(Answer::Setting(Setting::Allow(rule))),
        _ => Answer::Setting(Setting::Allow(rule)),
    };
    Finding::new(answer, what)
}

/// The device alone, where the host has a name for it. What is done to a terminal is none.
fn device(denial: &Denial, host: &dyn Host) -> Option<Answer> {
    if denial.hook.starts_with("file_ioctl") {
        return None;
    }
    let target = &denial.target;
    let node = host.node(target.dev.as_deref()?, target.path.as_deref())?;
    Some(Answer::Setting(Setting::Item("devices", node)))
}

/// Causes that are no matter of the policy.
fn beyond_settings(cause: Option<&str>) -> Option<&'static str> {
    Some(match cause? {
        "out-of-steps" => "it has more mounts than can be checked: give it fewer",
        "unreadable" => "the kernel's memory could not be read: try again, then report it",
        "no-memory" => "the kernel had no memory for the check: try again",
        "no-window" => {
            "the target could not be seen on this kernel: `bulkhead status` names the missing hook"
        }
        _ => return None,
    })
}

/// A host path as it was seen, never one above it.
fn path(text: &str, host: &dyn Host) -> Answer {
    let nothing = |why: &str| Answer::Nothing(why.to_owned());
    if text == "/" {
        return nothing(
            "this would be the whole host, with every password and every socket: mount only the \
             directory that is needed",
        );
    }
    if text.starts_with('…') {
        return nothing("its path is too long to be told");
    }
    let path = PathBuf::from(text);
    let has_parents = path.components().any(|c| c == Component::ParentDir);
    if !path.is_absolute() || has_parents || path.parent().is_none() {
        return nothing("this is no path that a policy can name");
    }
    // Of a name that is no UTF-8 only this is left, and NUL ends every name.
    if text.contains(['\u{fffd}', '\0']) {
        return nothing("its name is no text, and a policy is");
    }
    if !host.has(text) {
        return nothing("it is gone by now, and a policy names only what is there");
    }
    Answer::Setting(Setting::HostPath(path))
}
