//! A child is what its parent is. If that cannot be stored, there is no child.

use aya_ebpf::{bindings::task_struct, macros::lsm, programs::LsmContext};
use probe_common::label::KIND_HOST;

use crate::{kernel::Task, label};

const ENOMEM: i32 = -12;

#[lsm(hook = "task_alloc")]
pub fn task_alloc(ctx: LsmContext) -> i32 {
    let Some(parent) = label::of(Task::current()) else {
        return 0;
    };
    if parent.kind == KIND_HOST {
        return 0;
    }
    let child = Task::from_arg(ctx.arg::<*const task_struct>(0));
    match child.and_then(|child| label::create(child, &label::inherited(parent))) {
        Some(_) => 0,
        None => ENOMEM,
    }
}
