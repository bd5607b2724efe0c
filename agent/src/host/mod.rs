//! What this host must have before anything is loaded.

mod leave;
mod lock;
mod view;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use leave::{Taken, leave};
pub use lock::Lock;
pub use view::{enter, is_known, look};

use crate::exit::Exit;

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("must be root")]
    NotRoot,
    #[error("the kernel does not describe itself: no {}", .0.display())]
    NoBtf(PathBuf),
    #[error("cannot tell which security modules are on: no {}", .0.display())]
    NoSecurityfs(PathBuf),
    #[error(
        "BPF programs cannot refuse anything here: `bpf` is not among the security modules ({0})"
    )]
    NoBpfLsm(String),
    #[error("no cgroup v2 at {}", .0.display())]
    NoCgroup2(PathBuf),
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
            Self::NotRoot => "run it as root: `sudo bulkhead run`".into(),
            Self::NoBtf(_) => "a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed".into(),
            Self::NoSecurityfs(_) => {
                "mount it: mount -t securityfs securityfs /sys/kernel/security".into()
            }
            Self::NoBpfLsm(modules) => format!(
                "add `lsm={modules},bpf` to the kernel's command line (GRUB: GRUB_CMDLINE_LINUX in \
                 /etc/default/grub, then update-grub) and reboot; the kernel needs \
                 CONFIG_BPF_LSM=y"
            ),
            Self::NoCgroup2(_) => {
                "boot with `systemd.unified_cgroup_hierarchy=1` on the kernel's command line".into()
            }
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
        return Err(HostError::NoBpfLsm(modules.to_owned()));
    }
    let cgroup = there("sys/fs/cgroup");
    if !cgroup.join("cgroup.controllers").exists() {
        return Err(HostError::NoCgroup2(cgroup));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(files: &[(&str, &str)]) -> Result<(), HostError> {
        let dir = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        check(dir.path())
    }

    const BTF: (&str, &str) = ("sys/kernel/btf/vmlinux", "");
    const LSM: &str = "sys/kernel/security/lsm";

    #[test]
    fn what_is_missing_is_named_one_at_a_time() {
        assert!(matches!(host(&[]), Err(HostError::NoBtf(_))));
        assert!(matches!(host(&[BTF]), Err(HostError::NoSecurityfs(_))));
        let lsm = (LSM, "lockdown,capability,bpf\n");
        assert!(matches!(host(&[BTF, lsm]), Err(HostError::NoCgroup2(_))));
        let cgroup = ("sys/fs/cgroup/cgroup.controllers", "cpu");
        assert!(host(&[BTF, lsm, cgroup]).is_ok());
    }

    #[test]
    fn the_hint_has_this_hosts_lsm_line() {
        let error = host(&[BTF, (LSM, "lockdown,apparmor\n")]).unwrap_err();
        assert!(
            error.to_string().ends_with("(lockdown,apparmor)"),
            "{error}"
        );
        let hint = error.hint().unwrap();
        assert!(hint.contains("`lsm=lockdown,apparmor,bpf`"), "{hint}");
        assert_eq!(error.exit(), Exit::Host);
        // A module whose name only begins so does not count.
        assert!(matches!(
            host(&[BTF, (LSM, "bpfx")]),
            Err(HostError::NoBpfLsm(_))
        ));
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
