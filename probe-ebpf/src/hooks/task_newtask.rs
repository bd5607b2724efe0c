//! The parent may have got its label, or another profile, while the fork was under way: after
//! `task_alloc` had asked, and before the child could be found by who labels running containers.

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};

use crate::{kernel::Task, label, recognition};

#[btf_tracepoint(function = "task_newtask")]
pub fn task_newtask(ctx: BtfTracePointContext) -> i32 {
    // The usual child has its label; one that cannot be given any is found at its first exec.
    if let Some(Some(label)) = label::hand_on(Task::from_arg(ctx.arg(0))) {
        recognition::assign(label);
    }
    0
}
