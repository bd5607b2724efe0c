//! The exec succeeded: the task is now what `bprm_check_security` said it would be.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::label::{FLAG_RUNTIME, KIND_SETUP};

use crate::{kernel::Task, label};

#[lsm(hook = "bprm_committed_creds")]
pub fn bprm_committed_creds(_ctx: LsmContext) -> i32 {
    if let Some(label) = label::of(Task::current())
        && label.pending != 0
    {
        label.kind = label.pending;
        label.pending = 0;
        if label.kind == KIND_SETUP {
            label.flags |= FLAG_RUNTIME;
        }
    }
    0
}
