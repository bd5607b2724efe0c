//! May this task signal that process? Not one outside every container.

use aya_ebpf::{bindings::task_struct, macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{
    kernel::{self, Task},
    label, report,
    trace::trace,
};

#[lsm(hook = "task_kill")]
pub fn task_kill(ctx: LsmContext) -> i32 {
    let signal = ctx.arg::<u32>(2);
    // Signal 0 only asks whether the process is there. A cred means the kernel signals on behalf of
    // somebody else (USB), from a context that says nothing about the current task.
    if signal == 0 || kernel::number_arg(&ctx, 3) != Some(0) {
        return 0;
    }
    let Some(label) = label::contained() else {
        return 0;
    };
    let Some(target) = Task::from_arg(ctx.arg::<*const task_struct>(0)) else {
        return -1;
    };
    if label::of(target).is_some_and(|other| label::is_contained(other)) {
        return 0;
    }
    let verdict = report::refuse(label, rules::FOREIGN_PROCESS, hooks::TASK_KILL, |denial| {
        denial.detail = signal;
        denial.target_pid = target.tgid().unwrap_or(0);
        target.comm(&mut denial.target_comm);
    });
    trace!(ctx, "task_kill: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
