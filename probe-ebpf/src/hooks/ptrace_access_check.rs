//! May this task look into that process? It stands before `/proc/PID/*`, ptrace, `process_vm_*`,
//! `pidfd_getfd` and `setns` by pidfd.

use aya_ebpf::{bindings::task_struct, macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel::Task, trace::trace};

/// The kernel asks on its own account, as for `/proc/PID/stat`: nobody tried anything.
const PTRACE_MODE_NOAUDIT: u32 = 0x04;

#[lsm(hook = "ptrace_access_check")]
pub fn ptrace_access_check(ctx: LsmContext) -> i32 {
    let target = Task::from_arg(ctx.arg::<*const task_struct>(0));
    let mode = ctx.arg::<u32>(1);
    let verdict = if mode & PTRACE_MODE_NOAUDIT == 0 {
        containment::process(hooks::PTRACE_ACCESS_CHECK, target, mode)
    } else {
        containment::process_unreported(target)
    };
    trace!(ctx, "ptrace_access_check: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
