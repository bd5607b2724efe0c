//! What a task may do with a file: whose mount it is on, and what it leads to.

use probe_common::{
    file::{S_IFCHR, S_IFIFO, S_IFMT, magic::NSFS},
    label::{KIND_SETUP, Label},
    record::Denial,
    rule::{causes, hooks, rules},
};

use super::{devices, interfaces, set_up};
use crate::{
    kernel::{self, File, Inode, Mount, Opened, Place, Task},
    label, namespaces, report,
};

/// Why a file may not be used: a rule, 0 for none.
struct Finding {
    rule: u32,
    cause: u32,
    namespace: u32,
    device: u32,
}

impl Finding {
    const NONE: Self = Self::of(0);

    const fn of(rule: u32) -> Self {
        Self {
            rule,
            cause: causes::NONE,
            namespace: 0,
            device: 0,
        }
    }
}

/// Judges a file that the current task opens or is given.
#[inline(always)]
pub fn used(file: *const u8, hook: u32) -> i32 {
    let Some(label) = label::of(Task::current()) else {
        return 0;
    };
    let finding = if label::is_contained(label) {
        contained(label, file)
    } else if label.kind == KIND_SETUP && hook == hooks::FILE_OPEN {
        written_by_set_up(File(file as u64))
    } else {
        return 0;
    };
    if finding.rule == 0 {
        return 0;
    }
    let mut label = *label;
    if finding.cause == causes::SETUP {
        set_up::enter_current_container(&mut label);
    }
    report::refuse(&label, finding.rule, hook, |denial| {
        describe(denial, &finding, file)
    })
}

#[inline(always)]
fn describe(denial: &mut Denial, finding: &Finding, file: *const u8) {
    denial.cause = finding.cause;
    denial.namespace = finding.namespace.into();
    denial.detail = finding.device;
    denial.dev = finding.device;
    if let Some(inode) = File(file as u64).inode() {
        denial.ino = inode.number().unwrap_or(0);
        inode.filesystem(&mut denial.fs);
    }
    File::path(file, &mut denial.host_path);
}

#[inline(always)]
fn contained(label: &Label, file: *const u8) -> Finding {
    let opened = Opened::of(file);
    let file = File(file as u64);
    let Opened { mode, device, .. } = opened;
    if mode == 0 {
        return unreadable();
    }
    if opened.magic == NSFS {
        return file
            .inode()
            .map_or(unreadable(), |inode| namespace(label, inode));
    }
    if devices::refused(label, mode, device) {
        return Finding {
            device,
            ..Finding::of(rules::DEVICE)
        };
    }
    // What a runtime leaves open for standard input and output may be opened again. A program of
    // the host may be run, but not read: binfmt_misc keeps its interpreters open.
    let kind = mode & S_IFMT;
    if kind != S_IFIFO && kind != S_IFCHR && !opened.is_executed {
        let rule = foreign(label, Some(opened.mount));
        if rule != 0 {
            return Finding::of(rule);
        }
    }
    if opened.writes && interfaces::reach_the_host(label, file.dentry(), opened.magic) {
        return Finding::of(rules::KERNEL_INTERFACE);
    }
    Finding::NONE
}

/// A runtime can be led to write where it did not mean to (CVE-2025-31133, CVE-2025-52881).
#[inline(always)]
fn written_by_set_up(file: File) -> Finding {
    if file.writes() && interfaces::run_code_on_host(file) {
        return Finding {
            cause: causes::SETUP,
            ..Finding::of(rules::KERNEL_INTERFACE)
        };
    }
    Finding::NONE
}

#[inline(always)]
fn unreadable() -> Finding {
    Finding {
        cause: causes::UNREADABLE,
        ..Finding::of(rules::FOREIGN_FILE)
    }
}

#[inline(always)]
fn namespace(label: &Label, inode: Inode) -> Finding {
    match inode.namespace() {
        Some(number) if namespaces::owns(label, number) => Finding::NONE,
        number => Finding {
            namespace: number.unwrap_or(0),
            ..Finding::of(rules::NAMESPACE_FILE)
        },
    }
}

/// The rule that a mount falls under where it is not of the task's container, 0 where it is.
#[inline(always)]
pub fn foreign(label: &Label, mount: Option<Mount>) -> u32 {
    let ns = mount.and_then(Mount::ns);
    // Most are where the task is: no more is asked of them.
    if ns.is_some() && ns == Task::current_mount_ns() {
        return 0;
    }
    match mount.and_then(Mount::place) {
        Some(Place::Internal) => 0,
        Some(Place::Detached) => rules::MOUNT,
        Some(Place::Namespace(number)) if namespaces::owns(label, number) => 0,
        _ => rules::FOREIGN_FILE,
    }
}

/// What a `struct path` in the argument of a hook is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A directory in which a name is made or removed.
    Directory,
    /// A file that is changed itself.
    File,
    /// A directory or file that is used, and not changed.
    Used,
}

/// Judges a change of the directory, or of the file, that a `struct path` leads to.
#[inline(always)]
pub fn changed(path: Option<u64>, hook: u32, what: What) -> i32 {
    let Some(label) = label::contained() else {
        return 0;
    };
    let mut rule = foreign(label, path.and_then(Mount::of_path));
    if rule == 0 && what != What::Used && reaches_the_host(label, path, what) {
        rule = rules::KERNEL_INTERFACE;
    }
    if rule == 0 {
        return 0;
    }
    report::refuse(label, rule, hook, |denial| {
        if let Some(dentry) = path.and_then(kernel::Dentry::of_path) {
            dentry.name(&mut denial.host_path);
        }
    })
}

/// Owners and permissions of these files are the same in all mounts, the host's among them.
#[inline(always)]
fn reaches_the_host(label: &Label, path: Option<u64>, what: What) -> bool {
    let dentry = path.and_then(kernel::Dentry::of_path);
    let inode = dentry.and_then(kernel::Dentry::inode);
    let (Some(dentry), Some(inode)) = (dentry, inode) else {
        return true;
    };
    let magic = inode.magic().unwrap_or(0);
    if what == What::Directory {
        interfaces::holds_the_hosts(label, dentry, magic)
    } else {
        interfaces::reach_the_host(label, Some(dentry), magic)
    }
}
