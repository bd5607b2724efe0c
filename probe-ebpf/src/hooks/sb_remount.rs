//! May this task change the options of a superblock?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel, trace::trace};

#[lsm(hook = "sb_remount")]
pub fn sb_remount(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::SB_REMOUNT, |denial| {
        let sb = ctx.arg::<*const u8>(0) as u64;
        denial.dev = kernel::superblock(sb, &mut denial.fs).unwrap_or(0);
    });
    trace!(ctx, "sb_remount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
