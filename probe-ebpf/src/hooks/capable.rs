//! The catch-all for system calls without a hook of their own: `setns`, and the new mount API.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::{
    label::Label,
    rule::{causes, hooks, rules},
};

use crate::{kernel, label, report, trace::trace};

const CAP_SYS_ADMIN: i32 = 21;
/// x86-64, and i386 on a 64-bit kernel; each number means nothing else to the other.
const SETNS: [u32; 2] = [308, 346];
/// `open_tree`, `fsopen`, `fsmount`, `fspick`, `mount_setattr`, `open_tree_attr`: from 424 on the
/// numbers are the same on every architecture. `move_mount` and `fsconfig` have hooks of their own.
const MOUNT_API: [u32; 6] = [428, 430, 432, 433, 442, 467];

#[lsm(hook = "capable")]
pub fn capable(ctx: LsmContext) -> i32 {
    if ctx.arg::<i32>(2) != CAP_SYS_ADMIN {
        return 0;
    }
    let Some(label) = label::contained() else {
        return 0;
    };
    let syscall = kernel::syscall();
    let verdict = if SETNS.contains(&syscall) {
        setns(label)
    } else if MOUNT_API.contains(&syscall) {
        report::refuse(label, rules::MOUNT, hooks::CAPABLE, |_| {})
    } else {
        return 0;
    };
    trace!(ctx, "capable in system call {}: {}", syscall, verdict);
    if verdict == 0 { 0 } else { -1 }
}

/// The window says which namespace is about to be entered; no window, no entry.
#[inline(always)]
fn setns(label: &mut Label) -> i32 {
    let target = label.window;
    if target != 0 && label.own.iter().any(|own| u64::from(*own) == target) {
        return 0;
    }
    report::refuse(label, rules::SETNS, hooks::CAPABLE, |denial| {
        denial.namespace = target;
        denial.cause = if target == 0 {
            causes::NO_WINDOW
        } else {
            causes::NONE
        };
    })
}
