//! Whose a namespace is. Its number is given out again when it is gone, so a number counts from when
//! it was entered here.

use aya_ebpf::{
    bindings::{BPF_ANY, BPF_NOEXIST},
    helpers::generated::bpf_ktime_get_boot_ns,
};
use probe_common::{
    admission,
    label::{Label, Namespace, PID},
};

use crate::{
    kernel::{Kernel, Task},
    label,
    maps::NAMESPACES,
    report,
};

/// May a task with this label use that namespace? It may if it was admitted with it, or if its
/// container made it.
#[inline(always)]
pub fn owns(label: &Label, number: u32) -> bool {
    // SAFETY: the entry is read at once.
    let Some(namespace) = (unsafe { NAMESPACES.get(number) }) else {
        return false;
    };
    namespace.owner == label.container
        || (namespace.since <= label.admitted && label.own.contains(&number))
}

/// Notes the namespaces that a task is admitted with. Returns since when its mount namespace is
/// known, which no other mount namespace shares.
#[inline(always)]
pub fn admit(label: &mut Label) -> Option<u64> {
    let entry = Namespace {
        owner: 0,
        since: now(),
    };
    for number in label.own {
        // One that is known already stays; of one that finds no room, refusing is the safe side.
        if number != 0 {
            let _ = NAMESPACES.insert(number, entry, u64::from(BPF_NOEXIST));
        }
    }
    label.admitted = now();
    // SAFETY: the entry is read at once.
    unsafe { NAMESPACES.get(label.own[0]) }.map(|namespace| namespace.since)
}

/// Namespaces of the host's that this task is in, as bits; all of them where that cannot be read.
#[inline(always)]
pub fn shared(label: &Label, task: Task, shared: &mut u32) {
    let Some(host) = Kernel::namespaces().filter(|_| label.own[0] != 0) else {
        *shared = u32::MAX;
        return;
    };
    *shared = 0;
    for (i, (own, host)) in label.own.iter().zip(host).enumerate() {
        // Zero: a kind that this kernel does not have.
        if i != PID && *own != 0 && *own == host {
            admission::add(shared, 1 << i);
        }
    }
    // What a task's own children would be in is not where it is itself.
    if task.is_in_first_pid_namespace() {
        admission::add(shared, 1 << PID);
    }
}

/// A namespace was made, and got this number.
#[inline(always)]
pub fn made(number: u32) {
    let Some(label) = label::contained() else {
        return forget(number);
    };
    let entry = Namespace {
        owner: label.container,
        since: now(),
    };
    if NAMESPACES
        .insert(number, entry, u64::from(BPF_ANY))
        .is_err()
    {
        report::lost();
    }
}

/// A namespace is gone, or the number is somebody else's now.
#[inline(always)]
pub fn forget(number: u32) {
    // Most are no container's: not being there is not an error.
    let _ = NAMESPACES.remove(number);
}

#[inline(always)]
fn now() -> u64 {
    // SAFETY: a helper without arguments.
    unsafe { bpf_ktime_get_boot_ns() }
}
