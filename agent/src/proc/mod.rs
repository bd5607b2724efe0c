//! What `/proc` says of a process. A process chooses its own name, and whoever mounts chooses the
//! mount's: neither needs to be UTF-8.

pub mod mountinfo;
mod status;

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

pub use status::Status;

/// Bytes of a file that a container may fill: some 100,000 ordinary mounts.
const BOUND: u64 = 16 << 20;

/// A file about a process of anybody's, with a replacement for what is no UTF-8.
///
/// # Errors
/// If it cannot be read, or is longer than is reasonable.
pub fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BOUND + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BOUND {
        return Err(io::Error::other("it is longer than 16 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The mounts that this thread sees, however many: not always those that the process sees
/// (`host::enter`).
///
/// # Errors
/// If they cannot be read.
pub fn own_mounts() -> io::Result<Vec<mountinfo::Mount>> {
    let text = fs::read("/proc/thread-self/mountinfo")?;
    Ok(mountinfo::read(&String::from_utf8_lossy(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf_8_hides_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mountinfo");
        let odd = b"22 1 0:40 / /home/a\xff rw - fuse.sshfs x rw\n21 1 8:1 / / rw - ext4 x rw\n";
        fs::write(&file, odd).unwrap();
        let mounts = mountinfo::read(&text(&file).unwrap());
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[1].place, Path::new("/"));
    }

    #[test]
    fn a_file_without_end_is_not_read() {
        assert!(text(Path::new("/dev/zero")).is_err());
    }
}
