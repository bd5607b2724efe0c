//! The attacker's verbs: one file a subject, one function a verb, one table of them all.

mod files;
mod mount_new;
mod mount_old;
mod namespaces;
mod processes;
mod serve;
mod wrappers;

pub use serve::READY;
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

type Verb = fn(&[&str]) -> Done;

const VERBS: &[(&str, Verb)] = &[
    ("mount-tmpfs", mount_old::mount_tmpfs),
    ("mount-tmpfs-32", mount_old::mount_tmpfs_32),
    ("mount-fs", mount_old::mount_fs),
    ("mount-bind", mount_old::mount_bind),
    ("mount-move", mount_old::mount_move),
    ("mknod-and-mount", mount_old::mknod_and_mount),
    ("remount-ro", mount_old::remount_ro),
    ("make-shared", mount_old::make_shared),
    ("umount", mount_old::umount),
    ("pivot-root", mount_old::pivot_root),
    ("open-tree", mount_new::open_tree),
    ("open-tree-attr", mount_new::open_tree_attr),
    ("open-tree-namespace", mount_new::open_tree_namespace),
    ("move-mount", mount_new::move_mount),
    ("move-mount-new", mount_new::move_mount_new),
    ("fsopen", mount_new::fsopen),
    ("fsmount", mount_new::fsmount),
    ("fspick", mount_new::fspick),
    ("mount-setattr", mount_new::mount_setattr),
    ("move-mount-received", mount_new::move_mount_received),
    ("create-received", mount_new::create_received),
    ("reconfigure-received", mount_new::reconfigure_received),
    ("setns-path", namespaces::setns_path),
    ("setns-pidfd", namespaces::setns_pidfd),
    ("setns-own", namespaces::setns_own),
    ("setns-received", namespaces::setns_received),
    ("setns-received-32", namespaces::setns_received_32),
    ("setns-mnt-get-prev", namespaces::setns_mnt_get_prev),
    ("read", files::read),
    ("readlink", files::readlink),
    ("http-get", files::http_get),
    ("ptrace-seize", processes::ptrace_seize),
    ("ptrace-own-child", processes::ptrace_own_child),
    ("process-vm-read", processes::process_vm_read),
    ("proc-mem", processes::proc_mem),
    ("pidfd-getfd", processes::pidfd_getfd),
    ("pidfd-kill", processes::pidfd_kill),
    ("kill", processes::kill),
    ("kcmp", processes::kcmp),
    ("victim", processes::victim),
    ("as", wrappers::under_name),
    ("then-read", wrappers::then_read),
    ("clone-thread", wrappers::clone_thread),
    ("double-fork", wrappers::double_fork),
    ("leave-cgroup", wrappers::leave_cgroup),
    ("unshare-mounts", wrappers::unshare_mounts),
    ("unshare-all", wrappers::unshare_all),
    ("in-own-mounts", wrappers::in_own_mounts),
    ("serve", serve::serve),
];

/// Does what the command line says.
///
/// # Errors
/// The errno of the call that failed, or what is wrong with the command line.
pub fn perform(argv: &[&str]) -> Done {
    let Some((name, args)) = argv.split_first() else {
        let names: Vec<_> = VERBS.iter().map(|(name, _)| *name).collect();
        return Err(Failure::Usage(format!("verbs: {}", names.join(" "))));
    };
    match VERBS.iter().find(|(verb, _)| verb == name) {
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
