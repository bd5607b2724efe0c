//! May this task make this device node?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment::devices, kernel::Dentry, label, report, trace::trace};

#[lsm(hook = "inode_mknod")]
pub fn inode_mknod(ctx: LsmContext) -> i32 {
    let (mode, device) = (ctx.arg::<u32>(2) & 0xffff, ctx.arg::<u32>(3));
    let Some(label) = label::contained().filter(|label| devices::refused(label, mode, device))
    else {
        return 0;
    };
    let verdict = report::refuse(label, rules::DEVICE, hooks::INODE_MKNOD, |denial| {
        denial.dev = device;
        denial.detail = device;
        Dentry(ctx.arg::<*const u8>(1) as u64).name(&mut denial.host_path);
    });
    trace!(ctx, "inode_mknod: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
