//! Does this exec make the task contained, and if so: may it?

use aya_ebpf::{helpers::bpf_get_current_cgroup_id, macros::lsm, programs::LsmContext};
use probe_common::label::{
    BY_DESCENT, FLAG_PIVOTED, FLAG_RUNTIME, KIND_CONTAINED, KIND_SETUP, Label,
};

use crate::{
    admission,
    kernel::{self, Kernel, Task},
    label,
    maps::{CONTAINERS, RUNTIMES},
    report::UNKNOWN_PROFILE,
    trace::trace,
};

const ENOMEM: i32 = -12;

#[lsm(hook = "bprm_check_security")]
pub fn bprm_check_security(ctx: LsmContext) -> i32 {
    let task = Task::current();
    let known = label::of(task);
    if known
        .as_ref()
        .is_some_and(|label| label::is_contained(label))
    {
        return 0;
    }
    let Some((host, host_root)) = Kernel::host() else {
        return 0;
    };
    let bprm = ctx.arg::<*const u8>(0) as u64;
    let mut next = known.as_ref().map_or(Label::HOST, |label| **label);
    next.pending = 0;
    let contains = task.mount_ns() != Some(host.mount_ns) && contains(task, &mut next, host_root);
    if contains {
        next.pending = KIND_CONTAINED;
    } else if task.mount_ns() == Some(host.mount_ns) && is_runtime(bprm) {
        next.pending = KIND_SETUP;
    } else if known.is_none() {
        return 0;
    }
    let Some(stored) = label::create(task, &next) else {
        return ENOMEM;
    };
    *stored = next;
    if !contains {
        return 0;
    }
    let verdict = admission::judge(&next, host, bprm);
    trace!(
        ctx,
        "admission of container {}: {}", next.container, verdict
    );
    if verdict == 0 { 0 } else { -1 }
}

/// In a container's cgroup, or descended from a runtime; and the root is no longer the host's.
#[inline(always)]
fn contains(task: Task, next: &mut Label, host_root: u64) -> bool {
    // SAFETY: a helper without arguments, and an entry that is read at once.
    let container = unsafe { CONTAINERS.get(bpf_get_current_cgroup_id()) };
    let own_root = task.root().is_none_or(|(_, dentry)| dentry != host_root);
    if !own_root && next.flags & FLAG_PIVOTED == 0 {
        return false;
    }
    if let Some(container) = container {
        next.container = container.owner;
        next.profile = container.profile;
    } else if next.flags & FLAG_RUNTIME != 0 {
        next.container = BY_DESCENT;
        next.profile = UNKNOWN_PROFILE;
    } else {
        return false;
    }
    next.own = task.namespaces().unwrap_or_default();
    if next.container == BY_DESCENT {
        next.container |= u64::from(next.own[0]);
    }
    true
}

#[inline(always)]
fn is_runtime(bprm: u64) -> bool {
    // SAFETY: only the presence of the entry is of interest.
    kernel::program_file(bprm).is_some_and(|file| unsafe { RUNTIMES.get(file) }.is_some())
}
