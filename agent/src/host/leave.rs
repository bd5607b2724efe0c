//! Out of the container that the agent came in.
//!
//! Programs that are loaded contain every container that runs, so an agent that stayed in its own
//! would be refused to load and to read anything. It becomes a process of the host before: it enters
//! the host's namespaces and leaves the container's cgroup, by which its container would be known.

use std::{
    fs::{self, File},
    io,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use nix::{
    fcntl::OFlag,
    sched::{CloneFlags, setns},
};

use super::HostError;

/// Where it goes; by its name no container's.
const CGROUP: &str = "/sys/fs/cgroup/bulkhead-agent";
/// The mounts last: /proc is another one there.
const NAMESPACES: &[(&str, CloneFlags)] = &[
    ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ("uts", CloneFlags::CLONE_NEWUTS),
    ("mnt", CloneFlags::CLONE_NEWNS),
];

/// A file of the container's that is read after leaving it too.
#[derive(Debug)]
pub struct Taken {
    /// What leads to it from anywhere, as long as this is there.
    pub path: PathBuf,
    _folder: File,
}

impl Taken {
    /// Holds the folder of a file, so that whoever replaces the file is followed.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn along(file: &Path) -> io::Result<Self> {
        let file = std::path::absolute(file)?;
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
            return Err(io::ErrorKind::IsADirectory.into());
        };
        let mut open = File::options();
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let open = std::os::unix::fs::OpenOptionsExt::custom_flags(open.read(true), flags.bits());
        let folder = open.open(folder)?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), folder.as_raw_fd());
        Ok(Self {
            path: Path::new(&path).join(name),
            _folder: folder,
        })
    }
}

/// Makes this process, which has one thread, one of the host's.
///
/// # Errors
/// If it does not see the host's processes, or lacks the capabilities.
pub fn leave() -> Result<(), HostError> {
    let name = |of: &str, kind: &str| fs::read_link(format!("/proc/{of}/ns/{kind}"));
    let same = |kind| Ok(name("self", kind)? == name("1", kind)?);
    if same("mnt").map_err(HostError::Leave)? {
        return Err(HostError::NoContainer);
    }
    enter().map_err(HostError::Leave)
}

fn enter() -> io::Result<()> {
    let open = |(kind, flag): &(&str, CloneFlags)| {
        File::open(format!("/proc/1/ns/{kind}")).map(|namespace| (namespace, *flag))
    };
    let namespaces: Vec<_> = NAMESPACES.iter().map(open).collect::<io::Result<_>>()?;
    for (namespace, flag) in namespaces {
        setns(namespace, flag)?;
    }
    fs::create_dir_all(CGROUP)?;
    fs::write(Path::new(CGROUP).join("cgroup.procs"), "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_replaced_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("policy.toml");
        fs::write(&file, "old").unwrap();
        let taken = Taken::along(&file).unwrap();
        fs::remove_file(&file).unwrap();
        fs::write(&file, "new").unwrap();
        let moved = dir.path().with_extension("moved");
        fs::rename(dir.path(), &moved).unwrap();
        assert_eq!(fs::read_to_string(&taken.path).unwrap(), "new");
        fs::rename(&moved, dir.path()).unwrap();
        assert!(Taken::along(Path::new("/nowhere/policy.toml")).is_err());
    }
}
