//! May this task call `mount(2)`, in any of its forms?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel::text_at, trace::trace};

#[lsm(hook = "sb_mount")]
pub fn sb_mount(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::SB_MOUNT, |denial| {
        let source = ctx.arg::<*const u8>(0) as u64;
        let fs_type = ctx.arg::<*const u8>(2) as u64;
        denial.call_flags = ctx.arg(3);
        let _ = text_at(source, &mut denial.host_path);
        let _ = text_at(fs_type, &mut denial.fs);
    });
    trace!(ctx, "sb_mount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
