//! Labels: who is contained. In task storage, which the kernel frees with the task; and, once a fork
//! of the task has failed, in a hash: some kernels free its storage then.

use core::intrinsics::{AtomicOrdering, atomic_xadd};

use aya_ebpf::{
    bindings::{BPF_LOCAL_STORAGE_GET_F_CREATE, BPF_NOEXIST},
    helpers::{bpf_get_current_cgroup_id, generated::bpf_task_storage_get},
};
use probe_common::label::{
    FLAG_FOREIGN_MEMORY, FLAG_PIVOTED, KIND_CONTAINED, KIND_HOST, KIND_SETUP, Label, Lasting,
};

use crate::{
    kernel::Task,
    maps::{CONTAINERS, KEPT, KEPT_BEFORE, KEPT_COUNT, LABELS, LABELS_BEFORE},
};

/// The label of a task. `None` for a host task.
#[inline(always)]
pub fn of(task: Task) -> Option<&'static mut Label> {
    if let Some(label) = kept(task) {
        return Some(label);
    }
    if !task.has_storage() {
        return None;
    }
    // SAFETY: the helper returns null or the task's own value, which lives as long as the task.
    unsafe {
        bpf_task_storage_get(map(), task.pointer(), core::ptr::null_mut(), 0)
            .cast::<Label>()
            .as_mut()
    }
}

/// The label that a task has from an agent with another layout.
#[inline(always)]
pub fn from_before(task: Task) -> Option<&'static Lasting> {
    // SAFETY: the entry lives as long as the task.
    if let Some(label) = unsafe { KEPT_BEFORE.get(task.address()) } {
        return Some(label);
    }
    let map = core::ptr::from_ref(&LABELS_BEFORE).cast_mut().cast();
    // SAFETY: as above; every layout's label begins with these fields.
    unsafe {
        bpf_task_storage_get(map, task.pointer(), core::ptr::null_mut(), 0)
            .cast::<Lasting>()
            .as_ref()
    }
}

/// Gives a task a label, or returns the one it has. `None` if there is no memory.
#[inline(always)]
pub fn create(task: Task, label: &Label) -> Option<&'static mut Label> {
    if let Some(label) = kept(task) {
        return Some(label);
    }
    let value = core::ptr::from_ref(label).cast_mut().cast();
    // SAFETY: as above; `value` is only read, and copied before the helper returns.
    unsafe {
        bpf_task_storage_get(
            map(),
            task.pointer(),
            value,
            BPF_LOCAL_STORAGE_GET_F_CREATE.into(),
        )
        .cast::<Label>()
        .as_mut()
    }
}

/// The label of a task whose storage cannot be relied on.
#[inline(always)]
fn kept(task: Task) -> Option<&'static mut Label> {
    if count() == 0 {
        return None;
    }
    // SAFETY: the entry lives as long as the task.
    unsafe { KEPT.get_ptr_mut(task.address())?.as_mut() }
}

/// Keeps the label of the current task where the kernel does not free it. Until 2026 `copy_process`
/// copied the parent's pointer to its storage into the child, and freed what it led to with a child
/// that came to nothing (kernel: "bpf, fork: wipe ->bpf_storage before bailouts that access it").
/// That takes an RCU grace period: now the label is still there. `None` if there is no room.
#[inline(always)]
pub fn keep() -> Option<()> {
    let task = Task::current();
    let Some(label) = of(task) else {
        return Some(());
    };
    if kept(task).is_some() {
        return Some(());
    }
    // Before the entry is there: who sees the entry alone would not look for it.
    add_to_count(1);
    let kept = KEPT.insert(task.address(), label, u64::from(BPF_NOEXIST));
    if kept.is_err() {
        add_to_count(-1);
    }
    kept.ok()
}

/// Nothing is kept for this task: it ends, or has only begun, and another one had its address.
#[inline(always)]
pub fn forget(task: Task) {
    if count() != 0 && KEPT.remove(task.address()).is_ok() {
        add_to_count(-1);
    }
}

/// How many labels are kept.
#[inline(always)]
fn count() -> i64 {
    // SAFETY: the one entry of an array map; volatile, because others write it.
    KEPT_COUNT
        .get_ptr(0)
        .map_or(0, |count| unsafe { count.read_volatile() })
}

#[inline(always)]
fn add_to_count(change: i64) {
    if let Some(count) = KEPT_COUNT.get_ptr_mut(0) {
        // SAFETY: as above. `AtomicI64` has no addition for this target, which cannot compare and
        // exchange on every kernel.
        unsafe { atomic_xadd::<i64, i64, { AtomicOrdering::Relaxed }>(count, change) };
    }
}

/// Gives a child of the current task the label of its parent, if that has one and the child has
/// none; gives what it has then, which of a host task is nothing. `None` if it cannot be stored.
#[inline(always)]
pub fn hand_on(child: Option<Task>) -> Option<Option<&'static mut Label>> {
    let Some(parent) = of(Task::current()) else {
        return Some(None);
    };
    if parent.kind == KIND_HOST {
        return Some(None);
    }
    let inherited = Label {
        pending: 0,
        window: 0,
        flags: parent.flags & !FLAG_FOREIGN_MEMORY,
        ..*parent
    };
    create(child?, &inherited).map(Some)
}

/// Nothing that the current task does is about another namespace any more.
#[inline(always)]
pub fn close_window() {
    if let Some(label) = contained() {
        label.window = 0;
    }
}

/// The label of the current task, if it is contained.
#[inline(always)]
pub fn contained() -> Option<&'static mut Label> {
    of(Task::current()).filter(|label| is_contained(label))
}

/// An unknown kind counts as contained: after a label is known to exist, doubt refuses.
#[inline(always)]
pub fn is_contained(label: &Label) -> bool {
    is_kind_contained(label.kind)
}

#[inline(always)]
pub fn is_kind_contained(kind: u32) -> bool {
    kind == KIND_CONTAINED || (kind != KIND_HOST && kind != KIND_SETUP)
}

/// Is that task contained in the same container as the one with this label?
#[inline(always)]
pub fn same_container(label: &Label, task: Task) -> bool {
    of(task).is_some_and(|other| is_contained(other) && other.container == label.container)
}

/// Notes that a task which sets a container up has another root now: even where it is the host's own
/// directory, the next program is the container's. `None` if there is no memory.
#[inline(always)]
pub fn note_new_root() -> Option<()> {
    let task = Task::current();
    if let Some(label) = of(task) {
        label.flags |= FLAG_PIVOTED;
        return Some(());
    }
    // SAFETY: a helper without arguments; only the presence of the entry is of interest.
    if unsafe { CONTAINERS.get(bpf_get_current_cgroup_id()) }.is_none() {
        return Some(());
    }
    let pivoted = Label {
        kind: KIND_SETUP,
        flags: FLAG_PIVOTED,
        ..Label::HOST
    };
    create(task, &pivoted).map(|_| ())
}

#[inline(always)]
fn map() -> *mut core::ffi::c_void {
    core::ptr::from_ref(&LABELS).cast_mut().cast()
}
