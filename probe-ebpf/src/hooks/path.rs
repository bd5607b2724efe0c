//! May this task change that directory or file, to which a descriptor may have led? A file that is
//! only opened meets `file_open`.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{
    containment::{
        files::{self, What},
        set_up,
    },
    kernel,
    trace::trace,
};

/// One hook each: its name, its number, which of its arguments is the path, and what that is.
macro_rules! hooks {
    ($($name:literal: $function:ident $number:ident $argument:literal $what:ident,)*) => {$(
        #[lsm(hook = $name)]
        pub fn $function(ctx: LsmContext) -> i32 {
            let path = kernel::number_arg(&ctx, $argument);
            let verdict = files::changed(path, hooks::$number, What::$what);
            trace!(ctx, "path: {}", verdict);
            if verdict == 0 { 0 } else { -1 }
        }
    )*};
}

#[lsm(hook = "path_mknod")]
pub fn path_mknod(ctx: LsmContext) -> i32 {
    let path = kernel::number_arg(&ctx, 0);
    let mut verdict = files::changed(path, hooks::PATH_MKNOD, What::Directory);
    if verdict == 0 {
        let (mode, device) = (ctx.arg::<u32>(2) & 0xffff, ctx.arg::<u32>(3));
        verdict = set_up::makes_node(path, mode, decode(device));
    }
    trace!(ctx, "path_mknod: {}", verdict);
    if verdict == 0 { 0 } else { -1 }
}

/// A device's number as `mknod(2)` has it, in the kernel's own form.
#[inline(always)]
const fn decode(device: u32) -> u32 {
    let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
    major << 20 | minor
}

hooks! {
    "path_unlink": path_unlink PATH_UNLINK 0 Directory,
    "path_mkdir": path_mkdir PATH_MKDIR 0 Directory,
    "path_rmdir": path_rmdir PATH_RMDIR 0 Directory,
    "path_symlink": path_symlink PATH_SYMLINK 0 Directory,
    "path_link": path_link PATH_LINK 1 Directory,
    "path_rename": path_rename PATH_RENAME 0 Directory,
    "path_truncate": path_truncate PATH_TRUNCATE 0 File,
    "path_chmod": path_chmod PATH_CHMOD 0 File,
    "path_chown": path_chown PATH_CHOWN 0 File,
}
