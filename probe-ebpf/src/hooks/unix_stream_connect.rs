//! May this task connect to that socket?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{
    containment::sockets,
    kernel::{self, Socket},
    trace::trace,
};

#[lsm(hook = "unix_stream_connect")]
pub fn unix_stream_connect(ctx: LsmContext) -> i32 {
    let other = kernel::number_arg(&ctx, 1).map(Socket);
    let verdict = sockets::reached(other, hooks::UNIX_STREAM_CONNECT);
    trace!(ctx, "unix_stream_connect: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
