//! May this task be given this file, over a socket or out of another process?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment::files, trace::trace};

#[lsm(hook = "file_receive")]
pub fn file_receive(ctx: LsmContext) -> i32 {
    let verdict = files::used(ctx.arg(0), hooks::FILE_RECEIVE);
    trace!(ctx, "file_receive: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
