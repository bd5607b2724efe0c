//! Sockets of the host: whose is the other end, and was it let in?

use probe_common::{
    anchor::{
        ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, BUILD_ONLY, BUILDAHS, READ_ONLY, ROOT_ONLY,
        ROOTLESS_ONLY,
    },
    container::BUILD,
    label::{BY_DESCENT, Label, USER},
    rule::rules,
};

use super::shares_hosts;
use crate::{
    kernel::{Dentry, Mount, Socket},
    label,
    maps::{ANCHORS, CONTAINERS},
    report,
};

const ALLOWS: u32 = ALLOW_DIRECT | ALLOW_MOUNTED;
/// Directories and mounts between a socket and the host's `/`, at most.
const DEPTH: usize = 48;

/// Refuses a connection, or a message, to a socket that a host's process made, unless an anchor
/// lets its path into containers.
#[inline(always)]
pub fn reached(other: Option<Socket>, hook: u32) -> i32 {
    let Some(label) = label::contained() else {
        return 0;
    };
    let passes = |other| is_of_containers(label, other) || is_anchored(label, other);
    if other.is_some_and(passes) {
        return 0;
    }
    report::refuse(label, rules::RUNTIME_SOCKET, hook, |denial| {
        if let Some(other) = other {
            let len = other.address(&mut denial.host_path);
            denial.path_lengths = len.unwrap_or(0);
        }
    })
}

/// Which container is not asked: one that shares a volume or a network lets the other in.
#[inline(always)]
fn is_of_containers(label: &Label, other: Socket) -> bool {
    let Some(cgroup) = other.cgroup() else {
        return false;
    };
    // SAFETY: only the presence of the entry is of interest.
    unsafe { CONTAINERS.get(cgroup) }.is_some()
        // A container whose cgroup says nothing: whoever was in it when it was admitted.
        || label.container & BY_DESCENT != 0 && label.cgroup == cgroup
}

/// What an anchor's rule must not say to let a socket in. Roots hold no sockets of the host's, nor do
/// buildah's folders; what is for builds is for builds.
#[inline(always)]
fn forbidden(label: &Label) -> u32 {
    let rootless = if shares_hosts(label, USER) {
        ROOTLESS_ONLY
    } else {
        0
    };
    // SAFETY: the entry is read at once.
    match unsafe { CONTAINERS.get(label.cgroup) } {
        Some(container) if container.kind == BUILD => rootless | ROOT_ONLY | BUILDAHS,
        _ => rootless | ROOT_ONLY | BUILDAHS | BUILD_ONLY,
    }
}

#[inline(always)]
fn is_anchored(label: &Label, other: Socket) -> bool {
    let forbidden = forbidden(label);
    let Some(mut at) = other.path() else {
        return false;
    };
    for step in 0..DEPTH {
        if is_anchor(label, at.1, (forbidden, step == 0)) {
            return true;
        }
        let (mount, dentry): (Mount, Dentry) = at;
        match mount.up(dentry) {
            Some(above) => at = above,
            None => return false,
        }
    }
    false
}

/// Who may read a directory of the host's may not give orders to the daemons whose sockets are in
/// it: those the policy has to name, or let be written.
#[inline(always)]
fn is_anchor(label: &Label, dentry: Dentry, (forbidden, is_socket): (u32, bool)) -> bool {
    let Some(id) = dentry.inode().and_then(|inode| inode.id()) else {
        return false;
    };
    // SAFETY: the entry is read at once.
    let Some(anchor) = (unsafe { ANCHORS.get(id) }) else {
        return false;
    };
    let allows = |rule: &AnchorRule| rule.flags & ALLOWS != 0 && rule.flags & forbidden == 0;
    let policy = anchor.of_policy(label.profile);
    let opens = is_socket || policy.flags & READ_ONLY == 0;
    anchor.rules.iter().any(allows) || allows(&policy) && opens
}
