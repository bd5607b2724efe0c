//! Does this exec make the task contained, and if so: may it?

use aya_ebpf::{macros::lsm, programs::LsmContext};
use probe_common::label::{KIND_CONTAINED, KIND_SETUP, Label};

use crate::{
    admission,
    kernel::{Kernel, Task},
    label, recognition,
    trace::trace,
};

const ENOMEM: i32 = -12;

#[lsm(hook = "bprm_check_security")]
pub fn bprm_check_security(ctx: LsmContext) -> i32 {
    let task = Task::current();
    let known = label::of(task);
    if known
        .as_ref()
        .is_some_and(|label| label::is_contained(label))
    {
        return 0;
    }
    let Some((host, host_root)) = Kernel::host() else {
        return 0;
    };
    let bprm = ctx.arg::<*const u8>(0) as u64;
    let mut next = known.as_ref().map_or(Label::HOST, |label| **label);
    next.pending = 0;
    let on_host = task.mount_ns() == Some(host.mount_ns);
    let contained = !on_host && admission::enters(task, &mut next, host_root);
    // buildah and a user's podman start crun in a mount namespace of its own, with the host's root.
    if contained {
        next.pending = KIND_CONTAINED;
    } else if (on_host || task.has_root(host_root))
        && let Some(profile) = recognition::runtime(bprm)
    {
        next.pending = KIND_SETUP;
        next.profile = profile;
    } else if known.is_none() {
        return 0;
    }
    let Some(stored) = label::create(task, &next) else {
        return ENOMEM;
    };
    *stored = next;
    if !contained {
        return 0;
    }
    let mut verdict = admission::judge(&next, host, bprm);
    if verdict == 0 {
        verdict = admission::surroundings(&next, bprm);
    }
    trace!(
        ctx,
        "admission of container {}: {}", next.container, verdict
    );
    if verdict == 0 { 0 } else { -1 }
}
