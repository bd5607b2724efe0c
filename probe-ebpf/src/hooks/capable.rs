//! The catch-all for what has no hook of its own: `setns`, the new mount API, file handles, modules,
//! other network namespaces, and the kernel's back door to foreign memory.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::{label::FLAG_FOREIGN_MEMORY, rule::rules};

use crate::{
    containment::{
        self, CAP_AUDIT_CONTROL, CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYS_ADMIN,
        CAP_SYS_BOOT, CAP_SYS_MODULE, CAP_SYS_PACCT,
    },
    label, report,
    trace::trace,
};

#[lsm(hook = "capable")]
pub fn capable(ctx: LsmContext) -> i32 {
    let capability = ctx.arg::<i32>(2);
    if !matches!(
        capability,
        CAP_DAC_READ_SEARCH
            | CAP_NET_ADMIN
            | CAP_SYS_MODULE
            | CAP_SYS_PACCT
            | CAP_SYS_ADMIN
            | CAP_SYS_BOOT
            | CAP_AUDIT_CONTROL
            | CAP_PERFMON
    ) {
        return 0;
    }
    let Some(label) = label::contained() else {
        return 0;
    };
    if label.flags & FLAG_FOREIGN_MEMORY != 0 && matches!(capability, CAP_SYS_ADMIN | CAP_PERFMON) {
        // `ptrace_access_check` has reported it already.
        let passes = report::audits(label) || report::allows(label, rules::FOREIGN_PROCESS);
        return if passes { 0 } else { -1 };
    }
    let verdict = containment::capability(label, capability);
    trace!(ctx, "capability {}: {}", capability, verdict);
    if verdict == 0 { 0 } else { -1 }
}
