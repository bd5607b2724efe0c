//! May this task type on that terminal in another's place?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use super::commands;
use crate::{containment, trace::trace};

#[lsm(hook = "file_ioctl")]
pub fn file_ioctl(ctx: LsmContext) -> i32 {
    let command = ctx.arg::<u32>(1);
    if !commands::TYPING.contains(&command) {
        return 0;
    }
    let verdict = containment::refuse(rules::DEVICE, hooks::FILE_IOCTL, |denial| {
        denial.detail = command;
    });
    trace!(ctx, "file_ioctl: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
