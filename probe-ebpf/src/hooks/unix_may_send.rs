//! May this task send a datagram to that socket? One without an address was given on purpose.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{
    containment::sockets,
    kernel::{self, Socket},
    trace::trace,
};

#[lsm(hook = "unix_may_send")]
pub fn unix_may_send(ctx: LsmContext) -> i32 {
    let other = kernel::number_arg(&ctx, 1).and_then(Socket::of);
    if other.is_some_and(|other| !other.is_bound()) {
        return 0;
    }
    let verdict = sockets::reached(other, hooks::UNIX_MAY_SEND);
    trace!(ctx, "unix_may_send: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
