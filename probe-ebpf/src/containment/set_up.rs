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
    report,
};

/// Judges who mounts something on a directory: a container never may, and set-up not where that would
/// be mounted on the host as well.
#[inline(always)]
pub fn mounts(hook: u32, path: Option<u64>, fill: impl FnOnce(&mut Denial)) -> i32 {
    let Some(label) = label::of(Task::current()) else {
        return 0;
    };
    let mut label = *label;
    let mut cause = causes::NONE;
    if !label::is_contained(&label) {
        if label.kind != KIND_SETUP || !spreads(path) {
            return 0;
        }
        cause = causes::SETUP;
        enter_current_container(&mut label);
    }
    report::refuse(&label, rules::MOUNT, hook, |denial| {
        denial.cause = cause;
        fill(denial);
    })
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
    let Some(label) = label::of(Task::current()).filter(|label| label.kind == KIND_SETUP) else {
        return 0;
    };
    let mut label = *label;
    enter_current_container(&mut label);
    if !devices::refused(&label, mode, device) || !stays(path) {
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

/// Names in the label of a set-up task the container that it is setting up, for the record.
#[inline(always)]
pub fn enter_current_container(label: &mut Label) {
    let Some(cgroup) = Task::current().cgroup() else {
        return;
    };
    // SAFETY: the entry is read at once.
    if let Some(container) = unsafe { CONTAINERS.get(cgroup) } {
        label.container = container.owner;
        label.profile = container.profile;
    }
}
