//! What a runtime can be led to do to the host while it sets a container up, which a refusal of the
//! container's first program does not take back.

use probe_common::{
    file::magic::OVERLAY,
    label::{KIND_SETUP, Label},
    record::Denial,
    rule::{causes, hooks, rules},
};

use super::devices;
use crate::{
    kernel::{Dentry, Kernel, Mount, Task},
    label,
    maps::CONTAINERS,
    recognition, report,
};

/// Judges who mounts something on a directory: a container never may, and set-up not where that would
/// be mounted on the host as well.
#[inline(always)]
pub fn mounts(hook: u32, path: Option<u64>, fill: impl FnOnce(&mut Denial)) -> i32 {
    let mut label = current();
    let mut cause = causes::NONE;
    if !label::is_contained(&label) {
        if !sets_up(&mut label) || !spreads(path) {
            return 0;
        }
        cause = causes::SETUP;
    }
    report::refuse(&label, rules::MOUNT, hook, |denial| {
        denial.cause = cause;
        fill(denial);
    })
}

#[inline(always)]
fn current() -> Label {
    label::of(Task::current()).map_or(Label::HOST, |label| *label)
}

/// A runtime that is not known by its program is known by the container's cgroup that it is in; in the
/// label is then which container it sets up.
#[inline(always)]
fn sets_up(label: &mut Label) -> bool {
    enter_current_container(label) || label.kind == KIND_SETUP
}

#[inline(always)]
fn spreads(path: Option<u64>) -> bool {
    let Some(hosts) = hosts_mount_ns() else {
        return false;
    };
    let mount = path.and_then(Mount::of_path);
    mount.is_some_and(|mount| mount.spreads_to(hosts))
}

/// Judges a device node that set-up makes: one that stays on a filesystem of the host is there for
/// anybody who may open it.
#[inline(always)]
pub fn makes_node(path: Option<u64>, mode: u32, device: u32) -> i32 {
    let mut label = current();
    if label::is_contained(&label)
        || !sets_up(&mut label)
        || !devices::refused(&label, mode, device)
        || !stays(path)
    {
        return 0;
    }
    report::refuse(&label, rules::DEVICE, hooks::PATH_MKNOD, |denial| {
        denial.cause = causes::SETUP;
        denial.dev = device;
        denial.detail = device;
        if let Some(directory) = path.and_then(Dentry::of_path) {
            directory.name(&mut denial.host_path);
        }
    })
}

/// A container's root is mounted on the host too, where only root gets to it.
#[inline(always)]
fn stays(path: Option<u64>) -> bool {
    let Some(hosts) = hosts_mount_ns() else {
        return false;
    };
    let directory = path.and_then(Dentry::of_path).and_then(Dentry::inode);
    directory.and_then(|inode| inode.magic()) != Some(OVERLAY)
        && path
            .and_then(Mount::of_path)
            .is_none_or(|mount| mount.is_mounted_in(hosts))
}

/// `None` where the task is in it: a runtime that has not begun.
#[inline(always)]
fn hosts_mount_ns() -> Option<u64> {
    let (host, _) = Kernel::host()?;
    (Task::current().mount_ns()? != host.mount_ns).then_some(host.mount_ns)
}

/// Names in the label of a set-up task the container that it is setting up, if it is in one's cgroup.
#[inline(always)]
pub fn enter_current_container(label: &mut Label) -> bool {
    let cgroup = Task::current().cgroup();
    // SAFETY: the entry is read at once.
    let Some(container) = cgroup.and_then(|cgroup| unsafe { CONTAINERS.get(cgroup) }) else {
        return false;
    };
    label.container = container.owner;
    label.profile = recognition::profile_of(container);
    true
}
