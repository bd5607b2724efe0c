//! May this task take from the kernel's log, clear it, or say what of it reaches the console?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

/// `SYSLOG_ACTION_READ`: what one has read, no other gets.
const TAKES: u32 = 2;
/// `SYSLOG_ACTION_READ_CLEAR`, `CLEAR`, `CONSOLE_OFF`, `CONSOLE_ON`, `CONSOLE_LEVEL`; the others read.
const CHANGES: core::ops::RangeInclusive<u32> = 4..=8;

#[lsm(hook = "syslog")]
pub fn syslog(ctx: LsmContext) -> i32 {
    let action = ctx.arg::<u32>(0);
    if action != TAKES && !CHANGES.contains(&action) {
        return 0;
    }
    let verdict = containment::refuse(rules::KERNEL_INTERFACE, hooks::SYSLOG, |denial| {
        denial.detail = action;
    });
    trace!(ctx, "syslog: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
