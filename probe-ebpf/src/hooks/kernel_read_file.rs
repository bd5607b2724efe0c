//! The same from a file.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

/// `READING_FIRMWARE`.
const FIRMWARE: u32 = 1;

#[lsm(hook = "kernel_read_file")]
pub fn kernel_read_file(ctx: LsmContext) -> i32 {
    let id = ctx.arg::<u32>(1);
    if id == FIRMWARE {
        return 0;
    }
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::KERNEL_READ_FILE, |denial| {
        denial.detail = id;
    });
    trace!(ctx, "kernel_read_file: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
