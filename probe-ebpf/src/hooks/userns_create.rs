//! May this task make a user namespace?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::{hooks, rules};

use crate::{containment, trace::trace};

#[lsm(hook = "userns_create")]
pub fn userns_create(ctx: LsmContext) -> i32 {
    let verdict = containment::refuse(rules::USER_NAMESPACE, hooks::USERNS_CREATE, |_| {});
    trace!(ctx, "userns_create: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
