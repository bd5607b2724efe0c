//! May this task give that command: type on a terminal, freeze a filesystem, open by handle?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, trace::trace};

#[lsm(hook = "file_ioctl")]
pub fn file_ioctl(ctx: LsmContext) -> i32 {
    let verdict = containment::command(hooks::FILE_IOCTL, ctx.arg(1));
    trace!(ctx, "file_ioctl: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
