//! A second window: since 6.14 the kernel shows `/proc/PID/{environ,maps,…}` to a task with
//! CAP_PERFMON or CAP_SYS_ADMIN after `ptrace_access_check` has refused it (`may_access_mm` in
//! kernel/fork.c). While a contained task asks for foreign memory, `capable` refuses both.

use aya_ebpf::{
    bindings::task_struct,
    macros::{fentry, fexit},
    programs::{FEntryContext, FExitContext},
};
use probe_common::label::FLAG_FOREIGN_MEMORY;

use crate::{kernel::Task, label};

#[fentry(function = "mm_access")]
pub fn mm_access_enter(ctx: FEntryContext) -> i32 {
    if let Some(label) = label::contained()
        && let Some(target) = Task::from_arg(ctx.arg::<*const task_struct>(0))
        && !label::same_container(label, target)
    {
        label.flags |= FLAG_FOREIGN_MEMORY;
    }
    0
}

#[fexit(function = "mm_access")]
pub fn mm_access_leave(_ctx: FExitContext) -> i32 {
    if let Some(label) = label::contained() {
        label.flags &= !FLAG_FOREIGN_MEMORY;
    }
    0
}
