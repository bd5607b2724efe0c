//! May this task do what a locked-down kernel would not: port I/O, `/dev/mem`, `/proc/kcore`, tracing?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, kernel::layout, trace::trace};

#[lsm(hook = "locked_down")]
pub fn locked_down(ctx: LsmContext) -> i32 {
    let reason = ctx.arg::<u32>(0);
    // Asked whenever somebody is told of an IPsec key, who may be a listener on the host; without it
    // a VPN in a container reads zeros for its own keys.
    if u64::from(reason) == layout().lockdown_xfrm_secret() {
        return 0;
    }
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::LOCKED_DOWN, |denial| {
        denial.detail = reason;
    });
    trace!(ctx, "locked_down: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
