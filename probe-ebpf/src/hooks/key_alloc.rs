//! May this task ask for a key that nobody has? The kernel then runs the host's `/sbin/request-key`
//! with its words.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{
    containment,
    kernel::{self, I386},
    trace::trace,
};

const REQUEST_KEY: [u32; 2] = [249, 287 | I386];

#[lsm(hook = "key_alloc")]
pub fn key_alloc(ctx: LsmContext) -> i32 {
    if !REQUEST_KEY.contains(&kernel::syscall()) {
        return 0;
    }
    let verdict = containment::refuse(rules::KERNEL_INTERFACE, hooks::KEY_ALLOC, |_| {});
    trace!(ctx, "key_alloc: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
