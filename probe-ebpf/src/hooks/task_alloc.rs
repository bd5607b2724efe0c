//! A child is what its parent is. If that cannot be stored, there is no child.

use aya_ebpf::{macros::lsm, programs::LsmContext};

use crate::{kernel::Task, label};

const ENOMEM: i32 = -12;

#[lsm(hook = "task_alloc")]
pub fn task_alloc(ctx: LsmContext) -> i32 {
    let child = Task::from_arg(ctx.arg(0));
    if let Some(child) = child {
        label::forget(child);
    }
    match label::hand_on(child) {
        Some(_) => 0,
        None => ENOMEM,
    }
}
