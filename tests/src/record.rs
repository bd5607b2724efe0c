//! Denial records as the agent prints them, and what a scenario expects of one.

use anyhow::{Context, Result};
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Record(Value);

impl Record {
    /// Reads one line of `bulkhead run -o json`.
    ///
    /// # Errors
    /// If the line is not JSON.
    pub fn parse(line: &str) -> Result<Self> {
        let value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
        Ok(Self(value))
    }

    /// The text at a JSON pointer; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.0
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    #[must_use]
    pub fn number(&self, pointer: &str) -> Option<u64> {
        self.0.pointer(pointer).and_then(Value::as_u64)
    }

    /// The different texts of one key in a list of objects, in order.
    #[must_use]
    pub fn each(&self, list: &str, key: &str) -> Vec<&str> {
        let texts = self.list(list).iter();
        let texts = texts.filter_map(|object| object.get(key)?.as_str());
        let mut texts: Vec<_> = texts.collect();
        texts.dedup();
        texts
    }

    /// A list of objects; empty where there is none.
    #[must_use]
    pub fn list(&self, pointer: &str) -> &[Value] {
        let list = self.0.pointer(pointer).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    /// How many denials this line stands for, or says to be lost.
    #[must_use]
    pub fn denials(&self) -> u64 {
        let count = self.number("/count").or_else(|| self.number("/repeated"));
        count.unwrap_or(1)
    }

    #[must_use]
    pub fn comm(&self) -> &str {
        self.text("/process/comm")
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known beforehand of a denial; what is not stays `None` and is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Expected<'a> {
    pub verdict: &'a str,
    /// Any of these.
    pub rules: &'a [&'a str],
    pub hook: Option<&'a str>,
    pub comm: Option<&'a str>,
    /// Name of the container, as the runtime knows it.
    pub container: Option<&'a str>,
    pub profile: Option<&'a str>,
    pub host_path: Option<&'a str>,
}

impl<'a> Expected<'a> {
    /// The denial of [`crate::resident::Resident::mount`].
    #[must_use]
    pub fn mount(comm: &'a str) -> Self {
        Self {
            verdict: "denied",
            rules: &["mount"],
            comm: Some(comm),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let same = |wanted: Option<&str>, pointer| wanted.is_none_or(|w| w == record.text(pointer));
        record.text("/verdict") == self.verdict
            && self.rules.contains(&record.text("/rule"))
            && same(self.hook, "/hook")
            && same(self.comm, "/process/comm")
            && same(self.container, "/container/name")
            && same(self.profile, "/container/profile")
            && same(self.host_path, "/target/host_path")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"v":1,"seq":41,"verdict":"denied","rule":"host-path",
        "hook":"bprm_check_security","container":{"name":"web"},"process":{"comm":"head"},
        "target":{"host_path":"/"}}"#;

    #[test]
    fn texts_of_a_list_are_told_once() {
        let record = Record::parse(r#"{"l":[{"r":"a"},{"r":"a"},{"x":1},{"r":"b"}]}"#).unwrap();
        assert_eq!(record.each("/l", "r"), ["a", "b"]);
        assert!(record.each("/m", "r").is_empty());
    }

    #[track_caller]
    fn check(expected: &Expected, matches: bool) {
        let record = Record::parse(LINE).unwrap();
        assert_eq!(
            expected.matches(&record),
            matches,
            "{expected:?} on {record}"
        );
    }

    #[test]
    fn what_is_not_expected_is_not_looked_at() {
        let least = Expected {
            verdict: "denied",
            rules: &["mount", "host-path"],
            ..Expected::default()
        };
        check(&least, true);
        check(
            &Expected {
                host_path: Some("/"),
                container: Some("web"),
                ..least.clone()
            },
            true,
        );
        check(
            &Expected {
                host_path: Some("/etc"),
                ..least.clone()
            },
            false,
        );
        check(
            &Expected {
                comm: Some("cat"),
                ..least.clone()
            },
            false,
        );
        check(
            &Expected {
                verdict: "audited",
                ..least
            },
            false,
        );
    }
}
