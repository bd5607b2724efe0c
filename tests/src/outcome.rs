//! What became of one act: what the actor answers, and what a scenario judges.

use serde::{Deserialize, Serialize};

/// The actor could not even try: a wrong command line, or it died on the way.
pub const NOT_TRIED: u8 = 255;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// 0, the errno of the call that failed, or the exit status of a tool.
    pub status: i32,
    /// What the act brought to light: the content of a file, what a tool printed.
    pub output: String,
}

impl Outcome {
    #[must_use]
    pub fn not_tried(why: impl Into<String>) -> Self {
        Self {
            status: NOT_TRIED.into(),
            output: why.into(),
        }
    }

    /// Whether the act succeeded and, where it was after something, got it.
    #[must_use]
    pub fn worked(&self, evidence: Option<&str>) -> bool {
        self.status == 0 && evidence.is_none_or(|evidence| self.output.contains(evidence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_without_the_evidence_is_not_success() {
        let outcome = Outcome {
            status: 0,
            output: "root:x:0".into(),
        };
        assert!(outcome.worked(None));
        assert!(outcome.worked(Some("root")));
        assert!(!outcome.worked(Some("shadow")));
        assert!(!Outcome::not_tried("gone").worked(None));
    }
}
