//! Denials in systemd's journal, with fields: `journalctl -t bulkhead CONTAINER_NAME=web`.
//!
//! By journald's native protocol (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>). The libraries that
//! speak it know one socket only, and wait at it for ever.

mod fields;

use std::{
    fs::File,
    io::{self, IoSlice, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::{ffi::OsStrExt as _, net::UnixDatagram},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, SealFlag, fcntl},
    sys::{
        memfd::{MFdFlags, memfd_create},
        socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg},
    },
};

use super::{Compact, sink::Sink};
use crate::denials::Line;

/// Where journald listens.
pub const SOCKET: &str = "/run/systemd/journal/socket";
/// How long a full socket is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
    compact: Compact,
}

impl Journal {
    /// Nobody needs to listen yet.
    ///
    /// # Errors
    /// If there can be no socket.
    pub fn new(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            socket,
            path: path.to_owned(),
            compact: Compact::new(false),
        })
    }

    fn send(&self, entry: &[u8]) -> io::Result<()> {
        match self.socket.send_to(entry, &self.path) {
            Err(e) if is(&e, Errno::EMSGSIZE) || is(&e, Errno::ENOBUFS) => self.send_file(entry),
            sent => sent.map(drop),
        }
    }

    /// What is too long for a datagram goes as a file in memory that cannot change any more.
    fn send_file(&self, entry: &[u8]) -> io::Result<()> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let mut file = File::from(memfd_create(c"bulkhead", flags)?);
        file.write_all(entry)?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::all()))?;
        let descriptors = [file.as_raw_fd()];
        let to = UnixAddr::new(self.path.as_os_str().as_bytes())?;
        sendmsg(
            self.socket.as_raw_fd(),
            &[IoSlice::new(&[])],
            &[ControlMessage::ScmRights(&descriptors)],
            MsgFlags::empty(),
            Some(&to),
        )?;
        Ok(())
    }
}

impl Sink for Journal {
    fn name(&self) -> String {
        format!("the journal at {}", self.path.display())
    }

    fn put(&mut self, lines: &[Arc<Line>]) -> io::Result<u64> {
        for line in lines {
            self.send(&fields::entry(line, &self.compact.message(line)))?;
        }
        Ok(0)
    }
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno as i32)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{IoSliceMut, Read as _},
    };

    use nix::sys::socket::{ControlMessageOwned, recvmsg};

    use super::*;
    use crate::denials::sample;

    fn journald() -> (tempfile::TempDir, UnixDatagram, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let there = UnixDatagram::bind(&path).unwrap();
        let journal = Journal::new(&path).unwrap();
        (folder, there, journal)
    }

    #[test]
    fn an_entry_arrives_whole() {
        let (_folder, there, mut journal) = journald();
        journal
            .put(&[Arc::new(sample::line(&sample::mount(), 3))])
            .unwrap();
        let mut bytes = vec![0; 1 << 16];
        let length = there.recv(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        assert!(text.contains("\nCONTAINER_NAME=web\n"), "{text}");
        assert!(text.ends_with('\n'), "{text}");
    }

    #[test]
    fn what_is_too_long_goes_in_a_file() {
        let (_folder, there, journal) = journald();
        let entry = [&b"MESSAGE="[..], &vec![b'a'; 4 << 20], b"\n"].concat();
        journal.send(&entry).unwrap();
        let mut nothing = [];
        let mut slices = [IoSliceMut::new(&mut nothing)];
        let mut space = nix::cmsg_space!(i32);
        let flags = MsgFlags::empty();
        let got = recvmsg::<()>(there.as_raw_fd(), &mut slices, Some(&mut space), flags).unwrap();
        let Some(ControlMessageOwned::ScmRights(descriptors)) = got.cmsgs().unwrap().next() else {
            panic!("no descriptor")
        };
        let path = format!("/proc/self/fd/{}", descriptors[0]);
        let mut found = Vec::new();
        File::open(&path).unwrap().read_to_end(&mut found).unwrap();
        assert!(found == entry);
        assert!(
            fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .write(b"x")
                .is_err()
        );
    }

    #[test]
    fn nobody_there_is_an_error_and_so_is_one_who_does_not_read() {
        let (_folder, there, mut journal) = journald();
        let lines = [Arc::new(sample::line(&sample::mount(), 1))];
        let full = (0..10_000).find_map(|_| journal.put(&lines).err());
        assert_eq!(full.unwrap().kind(), io::ErrorKind::WouldBlock);
        let mut bytes = [0; 8];
        while there.recv(&mut bytes).is_ok_and(|length| length > 0) {
            if journal.put(&lines).is_ok() {
                break;
            }
        }
        fs::remove_file(&journal.path).unwrap();
        assert!(journal.put(&lines).is_err());
        drop(there);
        let _again = UnixDatagram::bind(&journal.path).unwrap();
        journal.put(&lines).unwrap();
    }
}
