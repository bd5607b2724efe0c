//! The parent may have got its label while the fork was under way: after `task_alloc` had asked, and
//! before the child could be found by who labels running containers.

use aya_ebpf::{bindings::task_struct, macros::btf_tracepoint, programs::BtfTracePointContext};
use probe_common::label::KIND_HOST;

use crate::{kernel::Task, label};

#[btf_tracepoint(function = "task_newtask")]
pub fn task_newtask(ctx: BtfTracePointContext) -> i32 {
    let Some(parent) = label::of(Task::current()) else {
        return 0;
    };
    if parent.kind == KIND_HOST {
        return 0;
    }
    if let Some(child) = Task::from_arg(ctx.arg::<*const task_struct>(0)) {
        // The usual child has its label; one that cannot be given any is found at its first exec.
        let _ = label::create(child, &label::inherited(parent));
    }
    0
}
