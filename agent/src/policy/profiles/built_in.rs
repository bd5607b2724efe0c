//! The profiles that are there without being written: those of the Pod Security Standards, as far
//! as they are about the host.

use std::collections::BTreeMap;

use probe_common::{
    admission::{DOCKERS, NET_BIND_SERVICE},
    rule::rules::{NO_NEW_PRIVS, ROOT_USER, SECCOMP},
};

use super::{Whole, words};
use crate::policy::{Allowed, BASELINE, PRIVILEGED, RESTRICTED, capabilities};

pub(super) const NAMES: &[&str] = &[BASELINE, PRIVILEGED, RESTRICTED];

/// Namespaces that runtimes leave as the host's, and that lead nowhere by themselves.
pub(in crate::policy) const HARMLESS: &[&str] = &["uts", "cgroup", "time", "user"];

/// What every profile has that does not say otherwise.
pub(super) fn baseline() -> Whole {
    Whole {
        host_paths: Vec::new(),
        devices: Vec::new(),
        allowed: Allowed::BASELINE,
        capabilities: DOCKERS,
        namespaces: words::namespaces(HARMLESS),
        filesystems: 0,
        said: BTreeMap::new(),
    }
}

/// Of `baseline`, what is left of a container that needs nothing.
pub(super) fn restricted(mut baseline: Whole) -> Whole {
    let own = ["capabilities", "seccomp", "no_new_privs", "user", "contain"];
    baseline.said.retain(|key, _| !own.contains(key));
    let asked = [SECCOMP, NO_NEW_PRIVS, ROOT_USER];
    let allowed = asked
        .iter()
        .fold(baseline.allowed, |all, rule| all.with(*rule, false));
    Whole {
        allowed: allowed.contained(Allowed::NOTHING),
        capabilities: NET_BIND_SERVICE,
        ..baseline
    }
}

/// Asks nothing when a container starts, and contains it as `baseline` does.
pub(super) fn privileged(mut baseline: Whole) -> Whole {
    baseline.said.retain(|key, _| *key == "contain");
    Whole {
        allowed: baseline.allowed.admitted(),
        capabilities: capabilities::ALL,
        namespaces: u32::MAX,
        filesystems: u32::MAX,
        ..baseline
    }
}
