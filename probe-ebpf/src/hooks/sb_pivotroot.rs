//! May this task change its root? A set-up task may, and its label remembers that it did.

use aya_ebpf::{helpers::bpf_get_current_cgroup_id, macros::lsm, programs::LsmContext};
use probe_common::{
    label::{FLAG_PIVOTED, KIND_SETUP, Label},
    rule::hooks,
};

use crate::{containment, kernel::Task, label, maps::CONTAINERS, trace::trace};

const ENOMEM: i32 = -12;

#[lsm(hook = "sb_pivotroot")]
pub fn sb_pivotroot(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::SB_PIVOTROOT, |_| {});
    trace!(ctx, "sb_pivotroot: {}", verdict);
    if verdict != 0 {
        return -1;
    }
    let task = Task::current();
    if let Some(label) = label::of(task) {
        label.flags |= FLAG_PIVOTED;
        return 0;
    }
    // SAFETY: a helper without arguments; only the presence of the entry is of interest.
    if unsafe { CONTAINERS.get(bpf_get_current_cgroup_id()) }.is_none() {
        return 0;
    }
    let pivoted = Label {
        kind: KIND_SETUP,
        flags: FLAG_PIVOTED,
        ..Label::HOST
    };
    match label::create(task, &pivoted) {
        Some(_) => 0,
        None => ENOMEM,
    }
}
