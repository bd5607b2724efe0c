//! The task has ended. What the kernel does not free with it is freed here.

use aya_ebpf::{macros::lsm, programs::LsmContext};

use crate::{kernel::Task, label};

#[lsm(hook = "task_free")]
pub fn task_free(ctx: LsmContext) -> i32 {
    if let Some(task) = Task::from_arg(ctx.arg(0)) {
        label::forget(task);
    }
    0
}
