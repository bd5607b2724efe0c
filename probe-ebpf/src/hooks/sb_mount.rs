//! May this task call `mount(2)`, in any of its forms?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{
    containment::set_up,
    kernel::{self, text_at},
    trace::trace,
};

const MS_REMOUNT: u64 = 1 << 5;
const MS_BIND: u64 = 1 << 12;
/// `MS_UNBINDABLE`, `MS_PRIVATE`, `MS_SLAVE`, `MS_SHARED`.
const PROPAGATION: u64 = 0xf << 17;

/// A mount that is there already, in the order in which the kernel asks.
#[inline(always)]
fn only_changes(flags: u64) -> bool {
    flags & MS_REMOUNT != 0 || flags & MS_BIND == 0 && flags & PROPAGATION != 0
}

#[lsm(hook = "sb_mount")]
pub fn sb_mount(ctx: LsmContext) -> i32 {
    let onto = kernel::number_arg(&ctx, 1).filter(|_| !only_changes(ctx.arg(3)));
    let verdict = set_up::mounts(hooks::SB_MOUNT, onto, |denial| {
        let source = ctx.arg::<*const u8>(0) as u64;
        let fs_type = ctx.arg::<*const u8>(2) as u64;
        denial.call_flags = ctx.arg(3);
        let _ = text_at(source, &mut denial.host_path);
        let _ = text_at(fs_type, &mut denial.fs);
    });
    trace!(ctx, "sb_mount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
