//! May this task open this file?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment::files, trace::trace};

#[lsm(hook = "file_open")]
pub fn file_open(ctx: LsmContext) -> i32 {
    let verdict = files::used(ctx.arg(0), hooks::FILE_OPEN);
    trace!(ctx, "file_open: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
