//! What is left of a run of tests when it is over.

use std::fmt;
use std::ops::AddAssign;

use super::{Coverage, Tally};
use crate::kernel::Kernel;

/// Counts, what was heard of rules, and what the tests said of their failures.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) tally: Tally,
    pub(crate) coverage: Coverage,
    failures: Failures,
}

/// The part of the tests' output that is worth reading again at the end: a long output is kept by
/// its end only where it is looked at later.
#[derive(Default)]
struct Failures {
    text: String,
    in_list: bool,
}

impl Report {
    pub(crate) fn passed() -> Self {
        Self {
            tally: Tally::ONE_PASSED,
            ..Self::default()
        }
    }

    /// Something that is no test by itself, and did not work.
    pub(crate) fn failed(what: &str) -> Self {
        let mut report = Self {
            tally: Tally::ONE_FAILED,
            ..Self::default()
        };
        report.failures.add(what);
        report
    }

    /// Takes one line of what tests said, on this kernel if they need one, and prints it.
    pub(super) fn hear(&mut self, kernel: Option<Kernel>, line: &str) {
        let shown = kernel.map_or_else(|| line.to_owned(), |kernel| format!("[{kernel}] {line}"));
        println!("{shown}");
        if let Some(kernel) = kernel {
            self.coverage.hear(kernel, line);
        }
        if let Some(counts) = Tally::of_line(line) {
            self.tally += counts;
        }
        self.failures.hear(line, &shown);
    }
}

impl Failures {
    /// A test program lists them between `failures:` and its `test result: `.
    fn hear(&mut self, line: &str, shown: &str) {
        let line = line.trim_end();
        self.in_list |= line == "failures:";
        if self.in_list {
            self.add(shown);
        }
        self.in_list &= !line.starts_with("test result: ");
    }

    fn add(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

impl AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.tally += other.tally;
        self.coverage.add(other.coverage);
        self.failures.text.push_str(&other.failures.text);
    }
}

/// The failures once more, and last of all `N passed, N failed`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.failures.text, self.tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_again_at_the_end() {
        let mut report = Report::default();
        for line in [
            "test a ... ok",
            "test b ... FAILED",
            "",
            "failures:",
            "---- b ----",
            "it was refused",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored",
            "rule mount c",
        ] {
            report.hear(Some(Kernel::V6_1), line);
        }
        report += Report::failed("error: tidy: a file is long");
        assert_eq!(
            report.to_string(),
            "[6.1] failures:\n\
             [6.1] ---- b ----\n\
             [6.1] it was refused\n\
             [6.1] test result: FAILED. 1 passed; 1 failed; 0 ignored\n\
             error: tidy: a file is long\n\
             1 passed, 2 failed"
        );
    }
}
