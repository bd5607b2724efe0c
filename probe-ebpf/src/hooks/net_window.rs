//! A network namespace that a netlink message names: by number, pid or descriptor. The kernel then
//! asks for `CAP_NET_ADMIN` without saying where, so `capable` looks into this window; the end of
//! the message clears it.

use aya_ebpf::{macros::fexit, programs::FExitContext};

use crate::{
    kernel::{self, ERRORS, layout, namespace_number},
    label, namespaces,
};

#[fexit(function = "get_net_ns_by_id")]
pub fn net_by_id(ctx: FExitContext) -> i32 {
    named(kernel::number_arg(&ctx, 2));
    0
}

#[fexit(function = "get_net_ns_by_pid")]
pub fn net_by_pid(ctx: FExitContext) -> i32 {
    named(kernel::number_arg(&ctx, 1));
    0
}

#[fexit(function = "get_net_ns_by_fd")]
pub fn net_by_fd(ctx: FExitContext) -> i32 {
    named(kernel::number_arg(&ctx, 1));
    0
}

#[fexit(function = "rtnetlink_rcv_msg")]
pub fn message_ends(_ctx: FExitContext) -> i32 {
    label::close_window();
    0
}

/// Opens the window where the namespace is not the container's.
#[inline(always)]
fn named(net: Option<u64>) {
    let Some(label) = label::contained() else {
        return;
    };
    let Some(net) = net.filter(|net| *net != 0 && *net < ERRORS) else {
        return;
    };
    if let Some(number) = namespace_number(net + layout().net_ns_common())
        && !namespaces::owns(label, number)
    {
        label.window = number.into();
    }
}
