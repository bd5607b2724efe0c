//! Containment: what the hooks of one rule share.

use probe_common::{
    label::Label,
    record::Denial,
    rule::{causes, hooks, rules},
};

use crate::{label, report};

/// Refuses any change of mounts to a contained task; asks nothing of others.
#[inline(always)]
pub fn mount(hook: u32, fill: impl FnOnce(&mut Denial)) -> i32 {
    match label::contained() {
        Some(label) => report::refuse(label, rules::MOUNT, hook, fill),
        None => 0,
    }
}

/// The window says which namespace is about to be entered; no window, no entry.
#[inline(always)]
pub fn setns(label: &mut Label) -> i32 {
    let target = label.window;
    if target != 0 && label.own.iter().any(|own| u64::from(*own) == target) {
        return 0;
    }
    report::refuse(label, rules::SETNS, hooks::CAPABLE, |denial| {
        denial.namespace = target;
        denial.cause = if target == 0 {
            causes::NO_WINDOW
        } else {
            causes::NONE
        };
    })
}
