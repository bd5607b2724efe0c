//! May this task call `bpf(2)`, whatever for?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

#[lsm(hook = "bpf")]
pub fn bpf(ctx: LsmContext) -> i32 {
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::BPF, |denial| {
        denial.detail = ctx.arg(0);
    });
    trace!(ctx, "bpf: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
