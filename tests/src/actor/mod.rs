//! The attacker's verbs: one file a subject, one function a verb, one table of them all.

mod at;
mod connections;
mod devices;
mod disks;
mod fanotify;
mod files;
mod handles;
mod kernel_code;
mod machine;
mod mount_new;
mod mount_old;
mod namespaces;
mod netlink;
mod owners;
mod processes;
mod queues;
mod serve;
mod set_up;
mod storm;
mod uring;
mod verbs;
mod wrappers;

pub use serve::READY;
pub use set_up::LEAKED;
pub use wrappers::TMPFS;

use nix::errno::Errno;

use crate::outcome::Outcome;

/// What a verb returns: its evidence, or the errno of the first call that failed.
pub type Done = Result<String, Failure>;

#[derive(Debug)]
pub enum Failure {
    Errno(Errno),
    /// The command line makes no sense.
    Usage(String),
    /// An act in another process failed with this status.
    Passed(Outcome),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<rustix::io::Errno> for Failure {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Errno(Errno::from_raw(errno.raw_os_error()))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.raw_os_error() {
            Some(errno) => Self::Errno(Errno::from_raw(errno)),
            None => Self::Usage(error.to_string()),
        }
    }
}

/// Does what the command line says.
///
/// # Errors
/// The errno of the call that failed, or what is wrong with the command line.
pub fn perform(argv: &[&str]) -> Done {
    let Some((name, args)) = argv.split_first() else {
        let names: Vec<_> = verbs::VERBS.iter().map(|(name, _)| *name).collect();
        return Err(Failure::Usage(format!("verbs: {}", names.join(" "))));
    };
    match verbs::VERBS.iter().find(|(verb, _)| verb == name) {
        Some((_, verb)) => verb(args),
        None => Err(Failure::Usage(format!("unknown verb {name}"))),
    }
}

/// The same, as plain values that can cross a process boundary.
#[must_use]
pub fn outcome<S: AsRef<str>>(argv: &[S]) -> Outcome {
    let argv: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
    match perform(&argv) {
        Ok(output) => Outcome { status: 0, output },
        Err(Failure::Errno(errno)) => Outcome {
            status: errno as i32,
            output: errno.to_string(),
        },
        Err(Failure::Usage(why)) => Outcome::not_tried(why),
        Err(Failure::Passed(outcome)) => outcome,
    }
}

/// Exactly `N` arguments, by position.
fn take<'a, const N: usize>(args: &[&'a str], names: &str) -> Result<[&'a str; N], Failure> {
    <[&str; N]>::try_from(args).map_err(|_| Failure::Usage(format!("arguments: {names}")))
}

/// Some leading arguments of a wrapper, and the verb that follows them.
fn take_then<'a, 'b, const N: usize>(
    args: &'b [&'a str],
    names: &str,
) -> Result<([&'a str; N], &'b [&'a str]), Failure> {
    match args.split_first_chunk::<N>() {
        Some((own, rest)) if !rest.is_empty() => Ok((*own, rest)),
        _ => Err(Failure::Usage(format!("arguments: {names} VERB…"))),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse()
        .map_err(|_| Failure::Usage(format!("{text} is not a number")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::NOT_TRIED;

    #[test]
    fn a_failed_call_gives_its_errno() {
        assert_eq!(outcome(&["read", "/nowhere"]).status, libc::ENOENT);
    }

    #[test]
    fn evidence_is_what_was_read() {
        assert!(outcome(&["read", "/proc/self/comm"]).output.len() > 1);
        assert_eq!(outcome(&["readlink", "/proc/self/exe"]).status, 0);
    }

    #[test]
    fn a_wrong_command_line_is_not_an_errno() {
        for argv in [&[][..], &["dance"], &["read"], &["clone-thread"]] {
            assert_eq!(outcome(argv).status, i32::from(NOT_TRIED), "{argv:?}");
        }
    }
}
