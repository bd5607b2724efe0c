//! May this task change its root? A set-up task may, and its label remembers that it did.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, label, trace::trace};

const ENOMEM: i32 = -12;

#[lsm(hook = "sb_pivotroot")]
pub fn sb_pivotroot(ctx: LsmContext) -> i32 {
    let verdict = containment::mount(hooks::SB_PIVOTROOT, |_| {});
    trace!(ctx, "sb_pivotroot: {}", verdict);
    if verdict != 0 {
        return -1;
    }
    match label::note_new_root() {
        Some(()) => 0,
        None => ENOMEM,
    }
}
