//! One agent at a time.

use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use super::HostError;
use crate::socket;

/// Held as long as the agent runs; the kernel lets go of it however the agent ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the agent's folder, locks it and writes the own pid into the lock.
    ///
    /// # Errors
    /// If another agent has it, or the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self, HostError> {
        socket::make_folder(folder).map_err(|source| HostError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let path = folder.join("lock");
        let failed = |source| HostError::Lock {
            path: path.clone(),
            source,
        };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Empty while the other agent has not written it yet.
                file.read_to_string(&mut pid).map_err(failed)?;
                return Err(HostError::Running(pid.trim().parse().ok()));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_agent_learns_the_pid_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("bulkhead");
        let first = Lock::take(&folder).unwrap();
        match Lock::take(&folder) {
            Err(HostError::Running(pid)) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);
        Lock::take(&folder).unwrap();
    }
}
