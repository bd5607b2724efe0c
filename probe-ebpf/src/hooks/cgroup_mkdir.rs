//! Is this new cgroup a container's?

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};

use crate::{kernel::Cgroup, recognition};

#[btf_tracepoint(function = "cgroup_mkdir")]
pub fn cgroup_mkdir(ctx: BtfTracePointContext) -> i32 {
    // Not a container's is the usual answer, not an error.
    let _ = recognition::recognise(Cgroup(ctx.arg::<*const u8>(0) as u64));
    0
}
