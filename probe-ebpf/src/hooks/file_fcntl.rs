//! May this task have a signal sent to that process when something happens to a file? Not with the
//! host's pid namespace, in which it could name any.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment, kernel::Task, trace::trace};

const F_SETOWN: u32 = 8;
const F_SETOWN_EX: u32 = 15;

#[lsm(hook = "file_fcntl")]
pub fn file_fcntl(ctx: LsmContext) -> i32 {
    let command = ctx.arg::<u32>(1);
    if command != F_SETOWN && command != F_SETOWN_EX {
        return 0;
    }
    let named = ctx.arg::<u32>(2);
    // Its own process is whom a program usually names; 0 is nobody.
    if command == F_SETOWN && (named == 0 || Task::current().tgid() == Some(named)) {
        return 0;
    }
    let verdict = containment::owner(hooks::FILE_FCNTL, command);
    trace!(ctx, "file_fcntl: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}
