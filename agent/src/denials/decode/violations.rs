//! What of a container its profile does not let in: one record has all of it.

use probe_common::{
    admission::{FILESYSTEMS, RULES},
    container::bit,
    label, record,
    rule::{causes, hooks, rules},
    walk::{CAUSE_BITS, rule_of},
};

use super::{Violation, named, paths, some};
use crate::{capabilities, policy::Access};

/// Every violation of an admission, by its rule; mounts one by one as far as the probe named them.
pub(super) fn violations(record: &record::Denial) -> Vec<Violation> {
    let broken = RULES.iter().filter(|rule| record.broken & bit(**rule) != 0);
    broken.flat_map(|rule| of_rule(record, *rule)).collect()
}

/// Mounts that are violations and are not named.
pub(super) fn unnamed(record: &record::Denial) -> u32 {
    match record.hook {
        hooks::BPRM_CHECK_SECURITY => record.violations.saturating_sub(record.detail),
        _ => 0,
    }
}

fn of_rule(record: &record::Denial, rule: u32) -> Vec<Violation> {
    let violation = Violation {
        rule: named(rules::name, rule),
        ..Violation::default()
    };
    match rule {
        rules::CAPABILITIES => vec![Violation {
            capabilities: capabilities::names(record.capabilities),
            ..violation
        }],
        rules::HOST_NAMESPACE => vec![Violation {
            namespaces: names(record.namespaces.into(), |number| {
                label::NAMES.get(number as usize).copied()
            }),
            ..violation
        }],
        rules::HOST_PATH | rules::BLOCK_DEVICE | rules::PROC_MOUNT => {
            let mounts = mounts(record, rule);
            if mounts.is_empty() {
                vec![violation]
            } else {
                mounts
            }
        }
        rules::KERNEL_FILESYSTEM => vec![Violation {
            filesystems: names(record.filesystems.into(), |number| {
                FILESYSTEMS.get(number as usize).map(|(_, name)| *name)
            }),
            ..violation
        }],
        _ => vec![violation],
    }
}

/// The mounts that break a rule.
fn mounts(record: &record::Denial, rule: u32) -> Vec<Violation> {
    // A record that says otherwise is wrong.
    let count = record.detail.min(u32::BITS / CAUSE_BITS) as usize;
    let host_paths = paths::several(&record.host_path, record.path_lengths & 0xffff, count);
    let in_container = paths::several(&record.path, record.path_lengths >> 16, count);
    let all = host_paths.into_iter().zip(in_container).enumerate();
    all.filter_map(|(i, (host_path, path))| {
        let cause = record.causes >> (CAUSE_BITS * i as u32) & ((1 << CAUSE_BITS) - 1);
        (rule_of(cause) == rule).then(|| Violation {
            rule: named(rules::name, rule),
            cause: some(cause, causes::NONE).map(|cause| named(causes::name, cause)),
            host_path: (rule == rules::HOST_PATH || host_path != "/").then_some(host_path),
            path: Some(path),
            access: (rule == rules::HOST_PATH).then_some(access(record.call_flags >> i & 1 == 1)),
            ..Violation::default()
        })
    })
    .collect()
}

fn access(writable: bool) -> Access {
    if writable { Access::Rw } else { Access::Ro }
}

/// The names of a set's members.
fn names(set: u64, name: impl Fn(u32) -> Option<&'static str>) -> Vec<String> {
    let members = (0..u64::BITS).filter(|number| set >> number & 1 == 1);
    members
        .filter_map(|number| name(number).map(str::to_owned))
        .collect()
}
