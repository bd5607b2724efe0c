//! Not a hook: walks every task once, to take over the labels of an agent with another layout.

use core::ffi::c_void;

use aya_ebpf::bindings::task_struct;

use crate::{kernel::Task, recognition};

/// `struct bpf_iter__task`: the metadata, then the task.
#[unsafe(no_mangle)]
#[unsafe(link_section = "iter/task")]
pub extern "C" fn label_iter(context: *mut c_void) -> i32 {
    // SAFETY: the kernel passes a `bpf_iter__task`, whose second word is a task or null.
    let task = unsafe { *context.cast::<*const task_struct>().add(1) };
    if let Some(task) = Task::from_arg(task) {
        let _ = recognition::inherit(task);
    }
    0
}
