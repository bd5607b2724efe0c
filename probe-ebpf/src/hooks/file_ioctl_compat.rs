//! The same for i386 programs.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use super::commands;
use crate::{containment, trace::trace};

#[lsm(hook = "file_ioctl_compat")]
pub fn file_ioctl_compat(ctx: LsmContext) -> i32 {
    let command = ctx.arg::<u32>(1);
    if !commands::TYPING.contains(&command) {
        return 0;
    }
    let verdict = containment::refuse(rules::DEVICE, hooks::FILE_IOCTL_COMPAT, |denial| {
        denial.detail = command;
    });
    trace!(ctx, "file_ioctl_compat: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
