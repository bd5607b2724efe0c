//! May this task make a filesystem ready to mount, through either API?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel, trace::trace};

#[lsm(hook = "sb_kern_mount")]
pub fn sb_kern_mount(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::SB_KERN_MOUNT, |denial| {
        let sb = ctx.arg::<*const u8>(0) as u64;
        denial.dev = kernel::superblock(sb, &mut denial.fs).unwrap_or(0);
    });
    trace!(ctx, "sb_kern_mount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
