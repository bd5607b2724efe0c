//! May this task call `move_mount(2)`?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, trace::trace};

#[lsm(hook = "move_mount")]
pub fn move_mount(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::MOVE_MOUNT, |_| {});
    trace!(ctx, "move_mount: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
