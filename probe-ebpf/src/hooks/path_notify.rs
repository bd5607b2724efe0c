//! May this task watch that? Not a whole filesystem, of which the host sees a part, and not so that
//! others wait for its answer.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{
    containment,
    kernel::{self, Dentry},
    trace::trace,
};

/// `FSNOTIFY_OBJ_TYPE_SB`; above it are kinds that later kernels add.
const FILESYSTEM: u32 = 2;
/// `FS_OPEN_PERM`, `FS_ACCESS_PERM`, `FS_OPEN_EXEC_PERM`, `FS_PRE_ACCESS`.
const ANSWERED: u64 = 0x10_0000 | 0x7_0000;

#[lsm(hook = "path_notify")]
pub fn path_notify(ctx: LsmContext) -> i32 {
    let (mask, kind) = (ctx.arg::<u64>(1), ctx.arg::<u32>(2));
    if kind < FILESYSTEM && mask & ANSWERED == 0 {
        return 0;
    }
    let verdict = containment::refuse(rules::KERNEL_INTERFACE, hooks::PATH_NOTIFY, |denial| {
        denial.detail = kind;
        denial.call_flags = mask;
        if let Some(dentry) = kernel::number_arg(&ctx, 0).and_then(Dentry::of_path) {
            dentry.name(&mut denial.host_path);
        }
    });
    trace!(ctx, "path_notify: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
