//! The parent may have got its label, or another profile, while the fork was under way: after
//! `task_alloc` had asked, and before the child could be found by who labels running containers.

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};

use crate::{
    kernel::{Kernel, Task},
    label, recognition,
};

#[btf_tracepoint(function = "task_newtask")]
pub fn task_newtask(ctx: BtfTracePointContext) -> i32 {
    let Some(child) = Task::from_arg(ctx.arg(0)) else {
        return 0;
    };
    // The usual child has its label; one that cannot be given any is found at its first exec.
    match label::hand_on(Some(child)) {
        Some(Some(label)) => recognition::assign(label),
        // Whoever walks all tasks may have been past it, and its parent is not labelled yet.
        Some(None) if Kernel::succeeds() => drop(recognition::inherit(child)),
        _ => {}
    }
    0
}
