//! The window: while a contained task is inside `*ns_install`, its label says which namespace the
//! kernel is about to put it into. `capable` decides; the exit clears.
//!
//! Programs of this kind may be skipped when they are already running on this CPU; then the window
//! is missing and `capable` refuses.

use aya_ebpf::{
    macros::{fentry, fexit},
    programs::{FEntryContext, FExitContext},
};

use probe_common::label::OWNED;

use crate::{kernel::namespace_number, label, namespaces};

/// Both ends of the window for one kind of namespace.
macro_rules! window {
    ($($function:literal: $enter:ident $leave:ident,)*) => {$(
        #[fentry(function = $function)]
        pub fn $enter(ctx: FEntryContext) -> i32 {
            open(ctx.arg::<*const u8>(1) as u64);
            0
        }

        #[fexit(function = $function)]
        pub fn $leave(_ctx: FExitContext) -> i32 {
            label::close_window();
            0
        }
    )*};
}

window! {
    "mntns_install": mntns_enter mntns_leave,
    "pidns_install": pidns_enter pidns_leave,
    "netns_install": netns_enter netns_leave,
    "utsns_install": utsns_enter utsns_leave,
    "ipcns_install": ipcns_enter ipcns_leave,
    "cgroupns_install": cgroupns_enter cgroupns_leave,
    "timens_install": timens_enter timens_leave,
    "userns_install": userns_enter userns_leave,
}

#[inline(always)]
fn open(ns_common: u64) {
    if let Some(label) = label::contained() {
        // The kernel asks for a capability twice, and for each of several namespaces: looked up once.
        label.window = match namespace_number(ns_common) {
            Some(number) if namespaces::owns(label, number) => u64::from(number) | OWNED,
            Some(number) => number.into(),
            None => 0,
        };
    }
}
