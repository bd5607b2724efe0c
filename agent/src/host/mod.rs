//! What this host must have before anything is loaded.

pub mod boot;
mod leave;
mod lock;
mod replace;
mod view;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use leave::{Taken, leave};
pub use lock::Lock;
pub use replace::replace;
pub use view::{enter, is_known, look};

use crate::exit::Exit;

const LOCKDOWN: &str = "sys/kernel/security/lockdown";
/// The mode in which the kernel's memory is for nobody.
pub const CONFIDENTIALITY: &str = "confidentiality";

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("must be root")]
    NotRoot,
    #[error("the kernel does not describe itself: no {}", .0.display())]
    NoBtf(PathBuf),
    #[error("cannot tell which security modules are on: no {}", .0.display())]
    NoSecurityfs(PathBuf),
    #[error(
        "BPF programs cannot refuse anything here: `bpf` is not among the security modules \
         ({modules})"
    )]
    NoBpfLsm {
        modules: String,
        /// What to type.
        remedy: String,
    },
    #[error("the kernel lets no BPF program read its memory: lockdown is in confidentiality mode")]
    Lockdown {
        /// What to type.
        remedy: String,
    },
    #[error("no cgroup v2 at {}", path.display())]
    NoCgroup2 {
        path: PathBuf,
        /// What to type.
        remedy: String,
    },
    #[error("cannot see the host's mounts")]
    View(#[source] io::Error),
    #[error("cannot leave the container for the host")]
    Leave(#[source] io::Error),
    #[error("there is no container to leave: pid 1 has the same mounts")]
    NoContainer,
    #[error("an agent is already running{}", pid(*.0))]
    Running(Option<u32>),
    #[error("cannot make {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot lock {}", path.display())]
    Lock { path: PathBuf, source: io::Error },
}

fn pid(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" with pid {pid}"))
}

impl HostError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Running(_) | Self::Folder { .. } | Self::Lock { .. } => Exit::Failed,
            _ => Exit::Host,
        }
    }

    /// The one concrete thing to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotRoot => "try with sudo".into(),
            Self::NoBtf(_) => "a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed".into(),
            Self::NoSecurityfs(_) => {
                "mount it: mount -t securityfs securityfs /sys/kernel/security".into()
            }
            Self::NoBpfLsm { remedy, .. } => {
                format!("{remedy}; the kernel needs CONFIG_BPF_LSM=y, see `bulkhead doctor`")
            }
            Self::Lockdown { remedy } | Self::NoCgroup2 { remedy, .. } => remedy.clone(),
            Self::View(_) => "entering them takes CAP_SYS_ADMIN and CAP_SYS_CHROOT: has something \
                 taken these from the service?"
                .into(),
            Self::Leave(_) | Self::NoContainer => {
                "start the container with the host's processes (`hostPID: true`, `--pid=host`) and \
                 with SYS_ADMIN, SYS_CHROOT, SYS_PTRACE and DAC_OVERRIDE; without a container leave \
                 --from-container out"
                    .into()
            }
            Self::Running(_) => "see `bulkhead status`".into(),
            Self::Folder { .. } | Self::Lock { .. } => return None,
        })
    }
}

/// Whether the agent runs as root.
///
/// # Errors
/// If it does not.
pub fn is_root() -> Result<(), HostError> {
    if nix::unistd::geteuid().is_root() {
        Ok(())
    } else {
        Err(HostError::NotRoot)
    }
}

/// Whether a kernel of this kind can do what is asked; `root` is the host's root folder.
///
/// # Errors
/// The first thing that is missing.
pub fn check(root: &Path) -> Result<(), HostError> {
    let there = |path: &str| root.join(path);
    let btf = there("sys/kernel/btf/vmlinux");
    if !btf.exists() {
        return Err(HostError::NoBtf(btf));
    }
    let lsm = there("sys/kernel/security/lsm");
    let Ok(modules) = fs::read_to_string(&lsm) else {
        return Err(HostError::NoSecurityfs(lsm));
    };
    let modules = modules.trim();
    if !modules.split(',').any(|module| module == "bpf") {
        return Err(HostError::NoBpfLsm {
            modules: modules.to_owned(),
            remedy: boot::set(root, "lsm", &format!("{modules},bpf")),
        });
    }
    if lockdown(root).is_ok_and(|mode| mode.as_deref() == Some(CONFIDENTIALITY)) {
        let remedy = boot::loosen_lockdown(root);
        return Err(HostError::Lockdown { remedy });
    }
    let cgroup = there("sys/fs/cgroup");
    if !cgroup.join("cgroup.controllers").exists() {
        return Err(HostError::NoCgroup2 {
            path: cgroup,
            remedy: boot::set(root, "systemd.unified_cgroup_hierarchy", "1"),
        });
    }
    Ok(())
}

/// The mode of lockdown, which the kernel marks among those there are; `None` where it is not in use.
///
/// # Errors
/// If it is and cannot be read.
pub fn lockdown(root: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(root.join(LOCKDOWN)) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let marked = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    Ok(marked.map(|(mode, _)| mode.to_owned()))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A host with these files.
    pub fn host(files: &[(&str, &str)]) -> tempfile::TempDir {
        let host = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = host.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        host
    }

    fn checked(files: &[(&str, &str)]) -> Result<(), HostError> {
        check(host(files).path())
    }

    const BTF: (&str, &str) = ("sys/kernel/btf/vmlinux", "");
    const LSM: &str = "sys/kernel/security/lsm";

    #[test]
    fn what_is_missing_is_named_one_at_a_time() {
        assert!(matches!(checked(&[]), Err(HostError::NoBtf(_))));
        assert!(matches!(checked(&[BTF]), Err(HostError::NoSecurityfs(_))));
        let lsm = (LSM, "lockdown,capability,bpf\n");
        assert!(matches!(
            checked(&[BTF, lsm]),
            Err(HostError::NoCgroup2 { .. })
        ));
        let cgroup = ("sys/fs/cgroup/cgroup.controllers", "cpu");
        assert!(checked(&[BTF, lsm, cgroup]).is_ok());
    }

    #[test]
    fn the_hint_has_this_hosts_lsm_line() {
        let grub = ("usr/sbin/update-grub", "");
        let error = checked(&[BTF, grub, (LSM, "lockdown,apparmor\n")]).unwrap_err();
        assert!(
            error.to_string().ends_with("(lockdown,apparmor)"),
            "{error}"
        );
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("LINUX lsm=lockdown,apparmor,bpf\"'"),
            "{hint}"
        );
        assert!(hint.contains("&& update-grub && reboot; "), "{hint}");
        assert_eq!(error.exit(), Exit::Host);
        // A module whose name only begins so does not count.
        assert!(matches!(
            checked(&[BTF, (LSM, "bpfx")]),
            Err(HostError::NoBpfLsm { .. })
        ));
    }

    #[test]
    fn only_confidentiality_is_too_much_lockdown() {
        let with = |modes: &str| {
            let files = [BTF, (LSM, "lockdown,bpf"), (LOCKDOWN, modes)];
            checked(&files).unwrap_err()
        };
        let error = with("none integrity [confidentiality]\n");
        assert!(matches!(error, HostError::Lockdown { .. }), "{error}");
        assert_eq!(error.exit(), Exit::Host);
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.starts_with("take out what writes"))
        );
        let error = with("none [integrity] confidentiality\n");
        assert!(matches!(error, HostError::NoCgroup2 { .. }), "{error}");
        let mode = lockdown(host(&[(LOCKDOWN, "[none] integrity\n")]).path());
        assert_eq!(mode.unwrap().as_deref(), Some("none"));
    }

    #[test]
    fn a_running_agent_is_named() {
        let error = HostError::Running(Some(41)).to_string();
        assert_eq!(error, "an agent is already running with pid 41");
        assert_eq!(
            HostError::Running(None).to_string(),
            "an agent is already running"
        );
    }
}
