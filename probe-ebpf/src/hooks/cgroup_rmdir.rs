//! The cgroup is gone; so is what was known of it. Not at `cgroup_release`: the page cache can hold a
//! removed cgroup for hours, and with it a place in the table.

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};

use crate::{kernel::Cgroup, maps::CONTAINERS};

#[btf_tracepoint(function = "cgroup_rmdir")]
pub fn cgroup_rmdir(ctx: BtfTracePointContext) -> i32 {
    let cgroup = Cgroup(ctx.arg::<*const u8>(0) as u64);
    if cgroup.is_v2()
        && let Some(id) = cgroup.node().and_then(|node| node.id())
    {
        // Most cgroups are no container's: not being there is not an error.
        let _ = CONTAINERS.remove(id);
    }
    0
}
