//! Denials: one record per refused act. A refusal never depends on its record getting through.

use aya_ebpf::{
    bindings::BPF_RB_AVAIL_DATA,
    helpers::{
        bpf_get_current_cgroup_id, bpf_get_current_uid_gid, generated::bpf_ktime_get_boot_ns,
    },
};
use probe_common::{
    container::{MODE_AUDIT, bit},
    label::Label,
    limits,
    record::{Denial, Header, KIND_DENIAL, VERSION},
    rule::verdicts,
};

use crate::{
    kernel::{self, Task},
    maps::{CONTAINERS, LOST, PROFILES, RING, SHARES, Share},
};

const EPERM: i32 = -1;
/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// Refuses an act of the current task, or only says so where its profile is in audit mode, or lets
/// it pass where its profile allows what the rule is about.
#[inline(always)]
pub fn refuse(label: &Label, rule: u32, hook: u32, fill: impl FnOnce(&mut Denial)) -> i32 {
    if allows(label, rule) {
        return 0;
    }
    let audit = audits(label);
    let entry = has_room(label.container)
        .then(|| RING.reserve::<Denial>(0))
        .flatten();
    match entry {
        Some(mut entry) => {
            // SAFETY: the reservation is as large as a record, and any bytes are one.
            let denial = unsafe { &mut *entry.as_mut_ptr() };
            describe(denial, label);
            denial.verdict = if audit {
                verdicts::AUDITED
            } else {
                verdicts::DENIED
            };
            denial.rule = rule;
            denial.hook = hook;
            fill(denial);
            entry.submit(0);
        }
        None => lost(),
    }
    if audit { 0 } else { EPERM }
}

/// May there be one more record of this container, or of what is made in this cgroup? The first half of
/// the ring is for who comes first; the second is shared out, so that nobody hides another's first
/// denial.
#[inline(always)]
pub fn has_room(whose: u64) -> bool {
    if RING.query(BPF_RB_AVAIL_DATA.into()) < u64::from(limits::RING) / 2 {
        return true;
    }
    let now = now();
    let Some(share) = SHARES.get_ptr_mut(whose) else {
        let first = Share {
            since: now,
            denials: 1,
        };
        return SHARES.insert(whose, first, 0).is_ok();
    };
    // SAFETY: an entry that is forgotten meanwhile stays readable, and a count that two CPUs write at
    // once is off by one.
    let share = unsafe { &mut *share };
    if now - share.since >= SECOND {
        share.since = now;
        share.denials = 0;
    }
    share.denials += 1;
    share.denials <= limits::SHARE
}

/// Does the profile only report? One that is missing enforces.
#[inline(always)]
pub fn audits(label: &Label) -> bool {
    PROFILES
        .get(label.profile)
        .is_some_and(|profile| profile.mode == MODE_AUDIT)
}

/// Does the profile allow what this rule is about? One that is missing allows nothing.
#[inline(always)]
pub fn allows(label: &Label, rule: u32) -> bool {
    PROFILES
        .get(label.profile)
        .is_some_and(|profile| profile.allow & bit(rule) != 0)
}

/// What every record says of the task.
#[inline(always)]
fn describe(denial: &mut Denial, label: &Label) {
    let task = Task::current();
    blank(denial);
    denial.header = header(KIND_DENIAL, size_of::<Denial>());
    denial.container = label.container;
    // SAFETY: helpers without arguments.
    let (cgroup, user) = unsafe { (bpf_get_current_cgroup_id(), bpf_get_current_uid_gid()) };
    denial.cgroup = cgroup;
    denial.uid = user as u32;
    denial.profile = label.profile;
    [denial.tid, denial.pid, denial.ppid] = task.pids();
    denial.syscall = kernel::syscall();
    task.comm(&mut denial.comm);
    // SAFETY: the id is copied at once; entries are replaced whole.
    if let Some(container) = unsafe { CONTAINERS.get(label.container) } {
        denial.container_id = container.ids[0];
    }
}

/// Store by store: `memset` goes byte by byte, and copying zeros takes six instructions for eight.
#[inline(always)]
fn blank(denial: &mut Denial) {
    let words = core::ptr::from_mut(denial).cast::<u64>();
    for at in 0..size_of::<Denial>() / 8 {
        // SAFETY: a record is whole words, and any bytes are one. Volatile, or it becomes `memset`.
        unsafe { words.add(at).write_volatile(0) };
    }
}

#[inline(always)]
pub fn header(kind: u16, size: usize) -> Header {
    Header {
        kind,
        version: VERSION,
        size: size as u32,
        time: now(),
    }
}

/// Nanoseconds since boot.
#[inline(always)]
fn now() -> u64 {
    // SAFETY: a helper without arguments.
    unsafe { bpf_ktime_get_boot_ns() }
}

/// Counts a record that found no room.
#[inline(always)]
pub fn lost() {
    if let Some(count) = LOST.get_ptr_mut(0) {
        // SAFETY: this CPU's own counter; an interrupted increment loses at most one.
        unsafe { *count += 1 };
    }
}
