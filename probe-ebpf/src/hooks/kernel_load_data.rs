//! May this task load a module or another kernel? Firmware is the driver's own wish.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

/// `LOADING_FIRMWARE`.
const FIRMWARE: u32 = 1;

#[lsm(hook = "kernel_load_data")]
pub fn kernel_load_data(ctx: LsmContext) -> i32 {
    let id = ctx.arg::<u32>(0);
    if id == FIRMWARE {
        return 0;
    }
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::KERNEL_LOAD_DATA, |denial| {
        denial.detail = id;
    });
    trace!(ctx, "kernel_load_data: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
