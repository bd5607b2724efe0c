//! `/proc/PID/status`.

use std::{io, path::Path};

pub struct Status(String);

impl Status {
    /// Of the process whose folder in `/proc` this is.
    ///
    /// # Errors
    /// If it is gone.
    pub fn read(process: &Path) -> io::Result<Self> {
        super::text(&process.join("status")).map(Self)
    }

    /// The text after `key:`.
    pub fn of(&self, key: &str) -> Option<&str> {
        let mut lines = self.0.lines();
        lines
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
            .map(str::trim)
    }

    /// A set of capabilities, as `CapBnd`.
    pub fn set(&self, key: &str) -> Option<u64> {
        u64::from_str_radix(self.of(key)?, 16).ok()
    }

    /// Real, effective, saved and filesystem user, as the host counts.
    pub fn users(&self) -> Option<[u32; 4]> {
        let users = self.of("Uid")?.split_whitespace();
        let users: Result<Vec<u32>, _> = users.map(str::parse).collect();
        users.ok()?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found() {
        let status = Status("Name:\tUid\nUid:\t0\t1\t2\t3\nCapBnd:\t00000000000000ff\n".into());
        assert_eq!(status.users(), Some([0, 1, 2, 3]));
        assert_eq!(status.set("CapBnd"), Some(0xff));
        assert_eq!(status.of("Cap"), None);
        assert_eq!(status.of("Seccomp"), None);
    }
}
