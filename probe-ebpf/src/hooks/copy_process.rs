//! A fork that fails may cost the parent its label: see [`label::keep`].

use aya_ebpf::{helpers::generated::bpf_send_signal, macros::fexit, programs::FExitContext};

use crate::{
    kernel::{self, ERRORS},
    label,
};

const SIGKILL: u32 = 9;

#[fexit(function = "copy_process")]
pub fn fork_failed(ctx: FExitContext) -> i32 {
    // After its four arguments, what it returned.
    if kernel::number_arg(&ctx, 4).is_none_or(|child| child >= ERRORS) && label::keep().is_none() {
        // SAFETY: any number is a valid argument. A task of a container without a label would be free.
        unsafe { bpf_send_signal(SIGKILL) };
    }
    0
}
