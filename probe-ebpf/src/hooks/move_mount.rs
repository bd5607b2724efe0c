//! May this task call `move_mount(2)`?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment::set_up, kernel, trace::trace};

#[lsm(hook = "move_mount")]
pub fn move_mount(ctx: LsmContext) -> i32 {
    let onto = kernel::number_arg(&ctx, 1);
    let verdict = set_up::mounts(hooks::MOVE_MOUNT, onto, |_| {});
    trace!(ctx, "move_mount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
