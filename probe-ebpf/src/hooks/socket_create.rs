//! May this task use the kernel's cryptography (CVE-2026-31431)?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

const AF_ALG: u32 = 38;

#[lsm(hook = "socket_create")]
pub fn socket_create(ctx: LsmContext) -> i32 {
    let (family, by_kernel) = (ctx.arg::<u32>(0), ctx.arg::<i32>(3));
    if family != AF_ALG || by_kernel != 0 {
        return 0;
    }
    let verdict = containment::refuse(rules::CRYPTO_SOCKET, hooks::SOCKET_CREATE, |denial| {
        denial.detail = family;
    });
    trace!(ctx, "socket_create: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
