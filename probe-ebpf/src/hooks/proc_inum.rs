//! Whose is this new namespace? All eight kinds get their numbers from one place, and give them back
//! there.

use aya_ebpf::{
    macros::{fentry, fexit},
    programs::{FEntryContext, FExitContext},
};

use crate::{
    kernel::{self, u32_at},
    namespaces,
};

#[fexit(function = "proc_alloc_inum")]
pub fn inum_made(ctx: FExitContext) -> i32 {
    // Where the call failed there is no number to read yet, or one that is nobody's.
    if let Some(number) = kernel::number_arg(&ctx, 0).and_then(u32_at) {
        namespaces::made(number);
    }
    0
}

#[fentry(function = "proc_free_inum")]
pub fn inum_freed(ctx: FEntryContext) -> i32 {
    namespaces::forget(ctx.arg::<u32>(0));
    0
}
