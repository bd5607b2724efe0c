//! May this task watch the machine's counters?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

#[lsm(hook = "perf_event_open")]
pub fn perf_event_open(ctx: LsmContext) -> i32 {
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::PERF_EVENT_OPEN, |_| {});
    trace!(ctx, "perf_event_open: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
