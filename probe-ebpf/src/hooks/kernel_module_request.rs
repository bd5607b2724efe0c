//! May this task make the kernel load a module by asking for what it lacks?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, kernel::text_at, trace::trace};

#[lsm(hook = "kernel_module_request")]
pub fn kernel_module_request(ctx: LsmContext) -> i32 {
    let verdict = containment::refuse(rules::KERNEL_CODE, hooks::KERNEL_MODULE_REQUEST, |denial| {
        let _ = text_at(ctx.arg::<*const u8>(0) as u64, &mut denial.host_path);
    });
    trace!(ctx, "kernel_module_request: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
