//! May this task change its root to that directory? A set-up task may, and its label remembers that
//! it did.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{
    containment::files::{self, What},
    kernel, label,
    trace::trace,
};

const ENOMEM: i32 = -12;

#[lsm(hook = "path_chroot")]
pub fn path_chroot(ctx: LsmContext) -> i32 {
    let path = kernel::number_arg(&ctx, 0);
    let verdict = files::changed(path, hooks::PATH_CHROOT, What::Used);
    trace!(ctx, "path_chroot: {}", verdict);
    if verdict != 0 {
        return -1;
    }
    match label::note_new_root() {
        Some(()) => 0,
        None => ENOMEM,
    }
}
