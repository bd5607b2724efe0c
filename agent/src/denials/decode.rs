//! `record::Denial` → [`Denial`]. Pure, but for the last word on `exe`.

mod target;
mod violations;

use std::path::Path;

use probe_common::{
    label::BY_DESCENT,
    record,
    rule::{causes, hooks, rules, verdicts},
    walk::rule_of,
};

use super::{
    Container, Denial, Holder, Process, Target, VERSION, Violation, advice, clock::Clock, paths,
    syscalls,
};
use crate::{containers::Info, policy::Mode};

/// What is the same for every denial.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub node: String,
    pub clock: Clock,
}

/// The container's id in a record; empty where the probe does not know it.
pub fn container_id(id: &[u8]) -> String {
    paths::text(id).unwrap_or_default()
}

/// The file a process executes, for records that do not have it; it may be gone by now.
pub fn exe_of(root: &Path, pid: u32) -> Option<String> {
    let link = std::fs::read_link(root.join(format!("proc/{pid}/exe"))).ok()?;
    Some(link.to_string_lossy().into_owned())
}

impl Decoder {
    /// The denial without its number in the sequence, which it gets when it is given out.
    pub fn denial(&self, record: &record::Denial, info: Info, holder: Holder<'_>) -> Denial {
        let violations = violations::violations(record);
        let target = target::target(record, &violations);
        let syscall = syscalls::name(record.syscall);
        let audited = record.verdict == verdicts::AUDITED;
        Denial {
            v: VERSION,
            seq: 0,
            time: self.clock.time_of_day(record.header.time),
            node: self.node.clone(),
            verdict: named(verdicts::name, record.verdict),
            mode: if audited { Mode::Audit } else { Mode::Enforce },
            rule: named(rules::name, record.rule),
            hook: named(hooks::name, record.hook),
            attack: advice::attack(record, syscall.as_deref()),
            hint: advice::hint(record, (&target, &violations), holder),
            container: container(record, info, holder.profile.to_owned()),
            process: process(record),
            target,
            cause: cause(record),
            violations,
            unnamed: some(violations::unnamed(record), 0),
            syscall,
            repeated: None,
        }
    }
}

/// Why; of an admission only where it is about what the record is called by.
fn cause(record: &record::Denial) -> Option<String> {
    let other = record.broken != 0 && rule_of(record.cause) != record.rule;
    let cause = some(record.cause, causes::NONE).filter(|_| !other);
    cause.map(|cause| named(causes::name, cause))
}

fn container(record: &record::Denial, info: Info, profile: String) -> Container {
    let by_descent = record.container & BY_DESCENT != 0 || record.container == 0;
    Container {
        id: paths::text(&record.container_id).or(info.id),
        name: info.name,
        image: info.image,
        runtime: info.runtime.map(str::to_owned),
        profile,
        cgroup_id: if by_descent {
            record.cgroup
        } else {
            record.container
        },
        cgroup: info.cgroup,
        lookup: info.lookup,
        by_descent,
    }
}

fn process(record: &record::Denial) -> Process {
    Process {
        pid: record.pid,
        tid: record.tid,
        ppid: record.ppid,
        uid: record.uid,
        comm: paths::text(&record.comm).unwrap_or_default(),
        exe: paths::text(&record.exe),
    }
}

fn named(name: fn(u32) -> Option<&'static str>, number: u32) -> String {
    name(number).map_or_else(|| format!("unknown-{number}"), str::to_owned)
}

fn some<T: PartialEq>(value: T, none: T) -> Option<T> {
    (value != none).then_some(value)
}

#[cfg(test)]
mod tests;
