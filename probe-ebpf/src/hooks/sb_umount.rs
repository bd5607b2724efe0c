//! May this task take a mount away?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel, trace::trace};

#[lsm(hook = "sb_umount")]
pub fn sb_umount(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::SB_UMOUNT, |denial| {
        let mount = ctx.arg::<*const u8>(0) as u64;
        denial.call_flags = ctx.arg::<i32>(1) as u64;
        if let Some(sb) = kernel::vfsmount_superblock(mount) {
            denial.dev = kernel::superblock(sb, &mut denial.fs).unwrap_or(0);
        }
    });
    trace!(ctx, "sb_umount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
