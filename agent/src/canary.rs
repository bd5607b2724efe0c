//! The canary: "enforcing" is never claimed on trust.
//!
//! Programs attach happily where `bpf` is missing from `lsm=`, and enforce nothing. So a child in a
//! scratch container cgroup does what a runtime does with `-v /:/x`, in a mount namespace and with
//! a root of its own, and then executes something. The kernel must say "operation not permitted".

use std::{
    ffi::CStr,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::{chroot, fexecve},
};

use crate::{
    exit::Exit,
    probe::{CGROUPS, Probe, ProbeError},
};

/// The program itself, also where its path leads elsewhere by now: it was upgraded, or it has left the
/// container that it came in.
const OWN: &str = "/proc/self/exe";
/// Start of the scratch cgroup's name.
pub const SCOPE: &str = "bulkhead-";
/// What the child says with its exit status.
const REFUSED: i32 = 0;
const NOT_REFUSED: i32 = 10;
const NO_STAGE: i32 = 11;

#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    #[error("the canary's cgroup {} cannot be used", path.display())]
    Cgroup {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the probe did not recognise the canary's cgroup as a container")]
    Unrecognised,
    #[error("the canary was not refused: the programs are attached, but this kernel ignores them")]
    NotRefused,
    #[error("the canary could not be staged: {0}")]
    Stage(String),
    #[error(transparent)]
    Probe(#[from] ProbeError),
}

impl CanaryError {
    pub fn exit(&self) -> Exit {
        Exit::Host
    }

    pub fn hint(&self) -> Option<String> {
        matches!(self, Self::NotRefused).then(|| {
            "is bpf in /sys/kernel/security/lsm? Add it to lsm= on the kernel command line".into()
        })
    }
}

/// Tries the forbidden thing; fine only if the kernel refused it.
pub fn try_it(probe: &mut Probe) -> Result<(), CanaryError> {
    let name = format!("{SCOPE}{:064x}.scope", std::process::id());
    let dir = Path::new(CGROUPS).join(name);
    let wrong = |source| CanaryError::Cgroup {
        path: dir.clone(),
        source,
    };
    fs::create_dir(&dir).map_err(wrong)?;
    let result = stage(probe, &dir);
    fs::remove_dir(&dir).map_err(wrong)?;
    result
}

fn stage(probe: &mut Probe, dir: &Path) -> Result<(), CanaryError> {
    let meta = fs::metadata(dir);
    let meta = meta.map_err(|source| CanaryError::Cgroup {
        path: dir.to_owned(),
        source,
    })?;
    if !probe.make_canary(meta.ino())? {
        return Err(CanaryError::Unrecognised);
    }
    let status = Command::new(OWN)
        .arg("canary")
        .arg(dir)
        .status()
        .map_err(|e| CanaryError::Stage(e.to_string()))?;
    judge(status)
}

fn judge(status: ExitStatus) -> Result<(), CanaryError> {
    match status.code() {
        Some(REFUSED) => Ok(()),
        Some(NOT_REFUSED) => Err(CanaryError::NotRefused),
        _ => Err(CanaryError::Stage(format!("the child ended with {status}"))),
    }
}

/// The child: enters the cgroup, makes itself a root, executes. Returns its exit status.
pub fn child(cgroup: &Path) -> i32 {
    match set_the_scene(cgroup) {
        Ok(exe) => match fexecve(exe, &[c"canary"], &[] as &[&CStr]) {
            Err(Errno::EPERM) => REFUSED,
            Err(_) | Ok(_) => NOT_REFUSED,
        },
        Err(error) => {
            eprintln!("canary: {error}");
            NO_STAGE
        }
    }
}

fn set_the_scene(cgroup: &Path) -> io::Result<File> {
    let exe = File::open(OWN)?;
    let mut procs = File::options()
        .write(true)
        .open(cgroup.join("cgroup.procs"))?;
    procs.write_all(b"0")?;
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    // Any directory serves: the tmpfs is seen in this namespace alone.
    mount(
        Some("canary"),
        "/mnt",
        Some("tmpfs"),
        MsFlags::empty(),
        None::<&str>,
    )?;
    chroot("/mnt")?;
    Ok(exe)
}
