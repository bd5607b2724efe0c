//! The catch-all for what has no hook of its own: `setns`, the new mount API, and the kernel's
//! back door to foreign memory.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::{
    label::FLAG_FOREIGN_MEMORY,
    rule::{hooks, rules},
};

use crate::{containment, kernel, label, report, trace::trace};

const CAP_SYS_ADMIN: i32 = 21;
const CAP_PERFMON: i32 = 38;
/// x86-64, and i386 on a 64-bit kernel; each number means nothing else to the other.
const SETNS: [u32; 2] = [308, 346];
/// `open_tree`, `fsopen`, `fsmount`, `fspick`, `mount_setattr`, `open_tree_attr`: from 424 on the
/// numbers are the same on every architecture. `move_mount` and `fsconfig` have hooks of their own.
const MOUNT_API: [u32; 6] = [428, 430, 432, 433, 442, 467];

#[lsm(hook = "capable")]
pub fn capable(ctx: LsmContext) -> i32 {
    let capability = ctx.arg::<i32>(2);
    if capability != CAP_SYS_ADMIN && capability != CAP_PERFMON {
        return 0;
    }
    let Some(label) = label::contained() else {
        return 0;
    };
    if label.flags & FLAG_FOREIGN_MEMORY != 0 {
        // `ptrace_access_check` has reported it already.
        return if report::audits(label) { 0 } else { -1 };
    }
    if capability == CAP_PERFMON {
        return 0;
    }
    let syscall = kernel::syscall();
    let verdict = if SETNS.contains(&syscall) {
        containment::setns(label)
    } else if MOUNT_API.contains(&syscall) {
        report::refuse(label, rules::MOUNT, hooks::CAPABLE, |_| {})
    } else {
        return 0;
    };
    trace!(ctx, "capable in system call {}: {}", syscall, verdict);
    if verdict == 0 { 0 } else { -1 }
}
