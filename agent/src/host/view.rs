//! The host's mounts, also from inside a sandbox.
//!
//! What systemd starts with `PrivateDevices=` and the like has mounts of its own: `/dev` is another
//! directory there than the host's, and an anchor for it would open the wrong one. The threads that
//! look host paths up enter the mount namespace of pid 1, which is the one that the probe takes for
//! the host's; the others stay in the sandbox.

use std::{
    env,
    fs::{self, File},
    io::{self, ErrorKind},
    path::Path,
    thread,
};

use nix::sched::{CloneFlags, setns, unshare};

use super::HostError;

const HOSTS: &str = "/proc/1/ns/mnt";
const OWN: &str = "/proc/thread-self/ns/mnt";

/// Has this thread see the host's mounts from now on. Who may not know which those are, as without
/// `CAP_SYS_PTRACE`, goes on with its own: see [`is_known`].
///
/// # Errors
/// If the kernel does not let it: nothing may be looked up then.
pub fn enter() -> Result<(), HostError> {
    enter_from(Path::new(OWN)).map_err(HostError::View)
}

/// Whether this process may know which mounts are the host's.
pub fn is_known() -> bool {
    fs::read_link(HOSTS).is_ok()
}

/// Does something where the host's mounts are seen, and leaves this thread where it is.
///
/// # Errors
/// As [`enter`].
pub fn look<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, HostError> {
    let looked = thread::scope(|scope| scope.spawn(|| enter().map(|()| work())).join());
    looked.unwrap_or_else(|_| Err(HostError::View(io::Error::other("the look-up panicked"))))
}

fn enter_from(own: &Path) -> io::Result<()> {
    let own = fs::read_link(own)?;
    match fs::read_link(HOSTS) {
        Ok(hosts) if hosts != own => {}
        Err(e) if e.kind() != ErrorKind::PermissionDenied => return Err(e),
        _ => return Ok(()),
    }
    let hosts = File::open(HOSTS)?;
    let folder = env::current_dir()?;
    // Who shares root and working directory with other threads may not enter.
    unshare(CloneFlags::CLONE_FS)?;
    setns(hosts, CloneFlags::CLONE_NEWNS)?;
    env::set_current_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_elsewhere_comes_back() {
        assert_eq!(look(|| 7).unwrap(), 7);
        let wrong = look(|| assert_eq!(1, 2));
        assert!(matches!(wrong, Err(HostError::View(_))));
    }

    #[test]
    fn who_cannot_tell_where_it_is_looks_nothing_up() {
        let nowhere = tempfile::tempdir().unwrap();
        assert!(enter_from(&nowhere.path().join("mnt")).is_err());
    }
}
