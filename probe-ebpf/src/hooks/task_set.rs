//! May this task slow that process down, or starve it?

use aya_ebpf::{bindings::task_struct, macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel::Task, trace::trace};

/// One hook each: its name and its number.
macro_rules! hooks {
    ($($name:literal: $function:ident $number:ident,)*) => {$(
        #[lsm(hook = $name)]
        pub fn $function(ctx: LsmContext) -> i32 {
            let target = Task::from_arg(ctx.arg::<*const task_struct>(0));
            let verdict = containment::process(hooks::$number, target, 0);
            trace!(ctx, "task_set: {}", verdict);
            if verdict == 0 { 0 } else { -1 }
        }
    )*};
}

hooks! {
    "task_setnice": task_setnice TASK_SETNICE,
    "task_setioprio": task_setioprio TASK_SETIOPRIO,
    "task_setscheduler": task_setscheduler TASK_SETSCHEDULER,
    "task_setrlimit": task_setrlimit TASK_SETRLIMIT,
}
