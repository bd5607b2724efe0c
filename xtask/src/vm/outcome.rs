//! How a virtual machine ended.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// What the machine last said about itself, on its third serial port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Status {
    Booting,
    Running,
    Exited(u8),
    /// It could not come up, in its own words.
    Unable(String),
}

/// The end of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// The command ended, with this status.
    Exited(u8),
    Failed(Failure),
}

/// An end that is not the command's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    Panic(String),
    Lockup(String),
    TimeOut(Duration),
    Unable(String),
}

impl Status {
    pub(super) fn read(text: &str) -> Self {
        let Some(last) = text.lines().map(str::trim).rfind(|line| !line.is_empty()) else {
            return Self::Booting;
        };
        match last.split_once(' ').unwrap_or((last, "")) {
            ("exit", number) => number.parse().map_or(Self::Running, Self::Exited),
            ("unable", why) => Self::Unable(why.to_owned()),
            _ => Self::Running,
        }
    }
}

impl Outcome {
    /// Judges by what the machine said, its kernel's log, and the time it was ended after, if so.
    pub(super) fn of(status: Status, console: &str, ended_after: Option<Duration>) -> Self {
        match status {
            Status::Exited(code) => return Self::Exited(code),
            Status::Unable(why) => return Self::Failed(Failure::Unable(why)),
            Status::Booting | Status::Running => {}
        }
        let after = |mark: &str| {
            let line = console.lines().find(|line| line.contains(mark))?;
            Some(line.split_once(mark)?.1.trim().to_owned())
        };
        let panic = after("Kernel panic - not syncing: ");
        let lockup = after("watchdog: BUG: ").or_else(|| after("INFO: task "));
        Self::Failed(match (panic, lockup, ended_after) {
            (_, Some(lockup), _) => Failure::Lockup(lockup),
            (Some(panic), None, _) => Failure::Panic(panic),
            (None, None, Some(limit)) => Failure::TimeOut(limit),
            (None, None, None) => Failure::Unable("it ended without a word".to_owned()),
        })
    }

    /// Says what went wrong, if so, and turns it into our own exit status.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Exited(code) => ExitCode::from(*code),
            Self::Failed(failure) => {
                eprintln!("error: {failure}");
                ExitCode::from(failure.code())
            }
        }
    }
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Panic(_) => 250,
            Self::Lockup(_) => 251,
            Self::TimeOut(_) => 252,
            Self::Unable(_) => 253,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(why) => write!(f, "the machine's kernel panicked: {why}"),
            Self::Lockup(why) => write!(f, "the machine's kernel locked up: {why}"),
            Self::TimeOut(limit) => {
                write!(
                    f,
                    "time-out: the machine was not done after {} s",
                    limit.as_secs()
                )
            }
            Self::Unable(why) => write!(f, "the machine did not come up: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANIC: &str = "[ 1.0] Kernel panic - not syncing: sysrq triggered crash\r\n";
    const LOCKUP: &str = "[ 9.0] watchdog: BUG: soft lockup - CPU#1 stuck for 52s!\n\
                          [ 9.1] Kernel panic - not syncing: softlockup: hung tasks\n";

    #[test]
    fn the_last_word_counts() {
        assert_eq!(Status::read(""), Status::Booting);
        assert_eq!(Status::read("started\r\n"), Status::Running);
        assert_eq!(Status::read("started\r\nexit 7\r\n"), Status::Exited(7));
        assert_eq!(
            Status::read("unable no disk\r\n"),
            Status::Unable("no disk".to_owned())
        );
    }

    #[test]
    fn every_end_has_its_name_and_code() {
        let limit = Duration::from_secs(5);
        let ends = [
            (
                Outcome::of(Status::Running, PANIC, None),
                250,
                "panicked: sysrq triggered crash",
            ),
            (
                Outcome::of(Status::Running, LOCKUP, None),
                251,
                "locked up: soft lockup - CPU#1",
            ),
            (
                Outcome::of(Status::Booting, "", Some(limit)),
                252,
                "not done after 5 s",
            ),
            (
                Outcome::of(Status::Booting, "", None),
                253,
                "without a word",
            ),
        ];
        for (outcome, code, words) in ends {
            let Outcome::Failed(failure) = outcome else {
                unreachable!("all of them failed")
            };
            assert_eq!(failure.code(), code);
            assert!(failure.to_string().contains(words), "{failure}");
        }
    }

    #[test]
    fn a_command_that_ended_has_ended_whatever_the_log_says() {
        assert_eq!(
            Outcome::of(Status::Exited(0), PANIC, None),
            Outcome::Exited(0)
        );
    }
}
