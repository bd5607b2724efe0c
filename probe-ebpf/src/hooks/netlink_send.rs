//! May this task send this netlink message? One of device events in the host's network is an event of
//! the host's devices: udev loads modules and systemd starts services by them.

use core::hint::black_box;

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{
    containment,
    kernel::{layout, u32_at, u64_at},
    trace::trace,
};

const NETLINK_KOBJECT_UEVENT: u32 = 15;

#[lsm(hook = "netlink_send")]
pub fn netlink_send(ctx: LsmContext) -> i32 {
    let socket = ctx.arg::<*const u8>(0) as u64;
    let protocol = u32_at(socket + layout().sock_protocol());
    if protocol.is_some_and(|protocol| protocol & 0xffff != NETLINK_KOBJECT_UEVENT) {
        return 0;
    }
    let net = u64_at(socket + layout().sock_common() + layout().common_net());
    // Else the compiler makes the answer out of a bit, of which the verifier of 6.12 knows no bounds.
    let verdict = black_box(containment::device_event(hooks::NETLINK_SEND, net));
    trace!(ctx, "netlink_send: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
