//! What answers a request that is over with one line.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::{exit, exit::Exit, status::Change};

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Answer<T>>;

/// What was asked for, or why not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    Given(T),
    Refused(Refused),
}

/// What answers a request that was not understood, or that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub error: String,
    /// How the command line ends; missing where the request was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Refused {
    /// Of a request that makes no sense.
    pub fn request(error: String) -> Self {
        let (exit, hint) = (None, None);
        Self { error, exit, hint }
    }
}

impl From<&anyhow::Error> for Refused {
    fn from(error: &anyhow::Error) -> Self {
        let (exit, hint) = exit::advice(error);
        let excerpt = exit::excerpt(error);
        let excerpt = excerpt.map_or_else(String::new, |lines| format!("\n{lines}"));
        Self {
            error: format!("{error:#}{excerpt}"),
            exit: Some(exit as u8),
            hint,
        }
    }
}

impl<T> From<anyhow::Result<T>> for Answer<T> {
    fn from(result: anyhow::Result<T>) -> Self {
        match result {
            Ok(given) => Self::Given(given),
            Err(error) => Self::Refused((&error).into()),
        }
    }
}

/// A policy was put in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// `enforcing (14 hooks)`.
    pub summary: String,
    /// Its file; `None` for the built-in one.
    pub policy: Option<String>,
    /// The file that counts when the policy is read again.
    pub home: String,
    pub change: Change,
    /// If it is on trial.
    pub trial: Option<OnTrial>,
}

/// A policy that is taken back unless somebody confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnTrial {
    pub policy: String,
    /// RFC 3339 in UTC with microseconds.
    pub until: String,
    pub seconds_left: u64,
    /// Why it is still in force though its time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The exit status that the agent named; one that this version does not know is a failure.
pub(super) fn exit_of(code: u8) -> Exit {
    let known = [Exit::Policy, Exit::Host];
    let found = known.into_iter().find(|exit| *exit as u8 == code);
    found.unwrap_or(Exit::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostError;

    #[test]
    fn an_error_travels_with_its_status_and_hint() {
        let error = anyhow::Error::new(HostError::NotRoot).context("trying");
        let refused = Refused::from(&error);
        assert_eq!(refused.error, "trying: must be root");
        assert_eq!(refused.exit.map(exit_of), Some(Exit::Host));
        assert!(refused.hint.is_some());
        assert_eq!([0, 1, 2, 3, 9].map(exit_of)[3], Exit::Policy);
        assert_eq!(exit_of(0), Exit::Failed, "what was refused is not fine");
    }

    #[test]
    fn an_answer_is_either_on_the_line() {
        let text = |answer: &Answer<u8>| serde_json::to_string(answer).unwrap();
        assert_eq!(text(&Answer::Given(1)), "1");
        let refused = Refused::request("no".to_owned());
        assert_eq!(text(&Answer::Refused(refused)), "{\"error\":\"no\"}");
    }
}
