//! May this task do what a locked-down kernel would not: port I/O, `/dev/mem`, `/proc/kcore`, tracing?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

#[lsm(hook = "locked_down")]
pub fn locked_down(ctx: LsmContext) -> i32 {
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::LOCKED_DOWN, |denial| {
        denial.detail = ctx.arg(0);
    });
    trace!(ctx, "locked_down: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
