//! May this task look into that process? It stands before `/proc/PID/*`, ptrace, `process_vm_*`,
//! `pidfd_getfd` and `setns` by pidfd.

use aya_ebpf::{bindings::task_struct, macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{kernel::Task, label, report, trace::trace};

/// The kernel asks on its own account, as for `/proc/PID/stat`: nobody tried anything.
const PTRACE_MODE_NOAUDIT: u32 = 0x04;

#[lsm(hook = "ptrace_access_check")]
pub fn ptrace_access_check(ctx: LsmContext) -> i32 {
    let Some(label) = label::contained() else {
        return 0;
    };
    let Some(target) = Task::from_arg(ctx.arg::<*const task_struct>(0)) else {
        return -1;
    };
    if label::same_container(label, target) {
        return 0;
    }
    let mode = ctx.arg::<u32>(1);
    if mode & PTRACE_MODE_NOAUDIT != 0 {
        return if report::audits(label) { 0 } else { -1 };
    }
    let verdict = report::refuse(
        label,
        rules::FOREIGN_PROCESS,
        hooks::PTRACE_ACCESS_CHECK,
        |denial| {
            denial.detail = mode;
            denial.target_pid = target.tgid().unwrap_or(0);
            target.comm(&mut denial.target_comm);
        },
    );
    trace!(ctx, "ptrace_access_check: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
