//! May this task change that directory or file, to which a descriptor may have led? A file that is
//! only opened meets `file_open`.

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::rule::hooks;

use crate::{containment::files, kernel, trace::trace};

/// One hook each: its name, its number, and which of its arguments is the path.
macro_rules! hooks {
    ($($name:literal: $function:ident $number:ident $argument:literal,)*) => {$(
        #[lsm(hook = $name)]
        pub fn $function(ctx: LsmContext) -> i32 {
            let path = kernel::number_arg(&ctx, $argument);
            let verdict = files::changed(path, hooks::$number);
            trace!(ctx, "path: {}", verdict);
            if verdict == 0 { 0 } else { -1 }
        }
    )*};
}

hooks! {
    "path_unlink": path_unlink PATH_UNLINK 0,
    "path_mkdir": path_mkdir PATH_MKDIR 0,
    "path_rmdir": path_rmdir PATH_RMDIR 0,
    "path_mknod": path_mknod PATH_MKNOD 0,
    "path_symlink": path_symlink PATH_SYMLINK 0,
    "path_link": path_link PATH_LINK 1,
    "path_rename": path_rename PATH_RENAME 0,
    "path_truncate": path_truncate PATH_TRUNCATE 0,
    "path_chmod": path_chmod PATH_CHMOD 0,
    "path_chown": path_chown PATH_CHOWN 0,
    "path_chroot": path_chroot PATH_CHROOT 0,
}
