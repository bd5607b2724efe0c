//! The same for i386 programs.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, trace::trace};

#[lsm(hook = "file_ioctl_compat")]
pub fn file_ioctl_compat(ctx: LsmContext) -> i32 {
    let verdict = containment::command(hooks::FILE_IOCTL_COMPAT, ctx.arg(1));
    trace!(ctx, "file_ioctl_compat: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
