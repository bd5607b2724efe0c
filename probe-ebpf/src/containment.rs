//! What the hooks of rule `mount` share.

use probe_common::{record::Denial, rule::rules};

use crate::{label, report};

/// Refuses any change of mounts to a contained task; asks nothing of others.
#[inline(always)]
pub fn mount(hook: u32, fill: impl FnOnce(&mut Denial)) -> i32 {
    match label::contained() {
        Some(label) => report::refuse(label, rules::MOUNT, hook, fill),
        None => 0,
    }
}
