//! Not a hook: walks every task once, to learn what the host is and to label the containers that
//! run already.

use core::ffi::c_void;

use aya_ebpf::bindings::task_struct;

use crate::{
    kernel::Task,
    maps::{HOST, HostFacts},
    recognition,
};

/// `struct bpf_iter__task`: the metadata, then the task.
#[unsafe(no_mangle)]
#[unsafe(link_section = "iter/task")]
pub extern "C" fn task_iter(context: *mut c_void) -> i32 {
    // SAFETY: the kernel passes a `bpf_iter__task`, whose second word is a task or null.
    let task = unsafe { *context.cast::<*const task_struct>().add(1) };
    if let Some(task) = Task::from_arg(task) {
        if task.pid() == Some(1) {
            learn(task);
        }
        let _ = recognition::adopt(task);
    }
    0
}

/// The namespace and root of pid 1 are the host's.
#[inline(always)]
fn learn(init: Task) {
    if let (Some(facts), Some(mount_ns), Some(user_ns), Some((_, root)), Some(numbers)) = (
        HOST.get_ptr_mut(0),
        init.mount_ns(),
        init.user_ns(),
        init.root(),
        init.namespaces(),
    ) {
        // SAFETY: the one entry of an array map; nobody else writes it.
        unsafe {
            *facts = HostFacts {
                mount_ns,
                user_ns,
                root,
                numbers,
            }
        };
    }
}
