//! Admission: the decision at the moment a set-up task becomes contained.

use core::ffi::c_void;

use aya_ebpf::helpers::{
    bpf_get_current_cgroup_id,
    generated::{bpf_loop, bpf_probe_read_kernel},
};
use probe_common::{
    admission::{self, decide_into},
    container::{ORDINARY, Profile, bit},
    label::{BY_DESCENT, FLAG_PIVOTED, FLAG_RUNTIME, Label, USER},
    limits,
    record::Denial,
    rule::{causes, hooks, rules},
    walk::{MAX_STEPS, Names, Tree, Walk},
};

use crate::{
    containment::files,
    kernel::{self, Kernel, Task},
    maps::{CONTAINERS, PROFILES, WALK_IDLE, WALKS},
    namespaces, recognition, report,
};

/// Ids of a container whose cgroup says none.
static NO_IDS: [[u8; limits::ID]; 3] = [[0; limits::ID]; 3];

/// Does an exec of this task, outside the host's mount namespace, make it contained? It does in a
/// container's cgroup or with a runtime among its ancestors, once its root is no longer the host's.
/// Then `next` says which container it is in.
#[inline(always)]
pub fn enters(task: Task, next: &mut Label, host_root: u64) -> bool {
    // SAFETY: a helper without arguments, and an entry that is read at once.
    let container = unsafe { CONTAINERS.get(bpf_get_current_cgroup_id()) };
    let own_root = task.root().is_none_or(|(_, dentry)| dentry != host_root);
    if !own_root && next.flags & FLAG_PIVOTED == 0 {
        return false;
    }
    if let Some(container) = container {
        next.container = container.owner;
        next.profile = recognition::profile_of(container);
    } else if next.flags & FLAG_RUNTIME != 0 {
        next.container = BY_DESCENT;
    } else {
        return false;
    }
    // SAFETY: a helper without arguments.
    next.cgroup = unsafe { bpf_get_current_cgroup_id() };
    next.own = task.namespaces().unwrap_or_default();
    let since = namespaces::admit(next);
    if next.container == BY_DESCENT {
        next.container |= since.unwrap_or(next.own[0].into());
    }
    true
}

/// Judges what the task brings along besides its mounts: its working directory (CVE-2024-21626).
/// The program itself may be the host's: an interpreter that binfmt_misc opened, a runtime's helper.
#[inline(always)]
pub fn surroundings(label: &Label, bprm: u64) -> i32 {
    if files::foreign(label, Task::current().working_mount()) == 0 {
        return 0;
    }
    report::refuse(
        label,
        rules::FOREIGN_FILE,
        hooks::BPRM_CHECK_SECURITY,
        |denial| {
            denial.cause = causes::WORKING_DIRECTORY;
            kernel::program_name(bprm, &mut denial.exe);
        },
    )
}

/// Judges the mount tree of the current task, which is about to run `bprm` in a container.
#[inline(always)]
pub fn judge(label: &Label, host: Kernel, bprm: u64) -> i32 {
    let key = Task::current().address();
    let verdict = match start(label, &host, key) {
        Some(walk) => {
            let mut run = Run { walk, host };
            // SAFETY: `step` takes a `Run`, which outlives the loop.
            unsafe {
                bpf_loop(
                    MAX_STEPS,
                    step as *mut c_void,
                    core::ptr::from_mut(&mut run).cast(),
                    0,
                )
            };
            conclude(label, run.walk, bprm)
        }
        None => report::refuse(
            label,
            rules::HOST_PATH,
            hooks::BPRM_CHECK_SECURITY,
            |denial| {
                denial.cause = causes::NO_MEMORY;
                kernel::program_name(bprm, &mut denial.exe);
            },
        ),
    };
    let _ = WALKS.remove(key);
    verdict
}

struct Run {
    walk: *mut Walk,
    host: Kernel,
}

/// A fresh walk of the current task's mount namespace.
#[inline(always)]
fn start(label: &Label, host: &Kernel, key: u64) -> Option<*mut Walk> {
    WALKS.insert(key, WALK_IDLE.get(0)?, 0).ok()?;
    let walk = WALKS.get_ptr_mut(key)?;
    let task = Task::current();
    let (task_root, _) = task.root()?;
    // SAFETY: an entry is only replaced whole.
    let container = unsafe { CONTAINERS.get(label.container) };
    let tree = Tree {
        root: kernel::namespace_root(task.mount_ns()?)?,
        task_root,
        rootful: u64::from(task.user_ns()? == host.user_ns),
        kind: container.map_or(ORDINARY, |container| container.kind),
        profile: label.profile,
        says: profile(label),
    };
    // SAFETY: this entry belongs to this task.
    let walk_ref = unsafe { &mut *walk };
    walk_ref.begin(&tree, container.map_or(&NO_IDS, |container| &container.ids));
    Some(walk)
}

/// One step, in the shape `bpf_loop` wants: 1 ends the loop.
///
/// The state is in a map value, reached through the caller's stack: kernels before 6.7 verify a
/// callback for its first state only, and would take constants there for eternal.
unsafe extern "C" fn step(_index: u64, context: *mut c_void) -> i64 {
    // SAFETY: `judge` passes its own `Run`, whose walk belongs to the current task alone.
    let (walk, host) = unsafe {
        let run = &*context.cast::<Run>();
        (&mut *run.walk, &run.host)
    };
    i64::from(walk.step(host))
}

#[inline(always)]
fn conclude(label: &Label, walk: *mut Walk, bprm: u64) -> i32 {
    // SAFETY: the walk belongs to the current task, and the loop has ended.
    let walk = unsafe { &mut *walk };
    walk.finish();
    collect(label, walk);
    decide_into(&profile(label), &walk.facts, &mut walk.violations);
    let violations = &walk.violations;
    if violations.rules == 0 {
        return 0;
    }
    report::refuse(
        label,
        violations.first,
        hooks::BPRM_CHECK_SECURITY,
        |denial| {
            denial.broken = violations.rules;
            denial.capabilities = violations.capabilities;
            denial.namespaces = violations.namespaces;
            denial.filesystems = violations.filesystems;
            describe(denial, walk, bprm)
        },
    )
}

/// What the profile says; one that is missing lets nothing in.
#[inline(always)]
fn profile(label: &Label) -> Profile {
    PROFILES.get(label.profile).copied().unwrap_or_default()
}

/// What the current task has. What cannot be read counts as the worst. All of it is in the walk's
/// memory, see [`admission::add`].
#[inline(always)]
fn collect(label: &Label, walk: &mut Walk) {
    let task = Task::current();
    let facts = &mut walk.facts;
    facts.filesystems = walk.found.filesystems;
    facts.broken = walk.found.broken;
    if !task.has_seccomp_filter() {
        admission::add(&mut facts.broken, bit(rules::SECCOMP));
    }
    if !task.has_no_new_privs() {
        admission::add(&mut facts.broken, bit(rules::NO_NEW_PRIVS));
    }
    if task.is_root() {
        admission::add(&mut facts.broken, bit(rules::ROOT_USER));
    }
    namespaces::shared(label, task, &mut facts.namespaces);
    facts.capabilities = 0;
    if facts.namespaces & 1 << USER != 0 {
        task.capabilities(&mut facts.capabilities);
    }
}

#[inline(always)]
fn describe(denial: &mut Denial, walk: &Walk, bprm: u64) {
    denial.cause = walk.found.cause;
    denial.causes = walk.found.causes;
    denial.call_flags = walk.found.writable.into();
    denial.detail = walk.found.named;
    denial.ino = walk.found.ino;
    denial.dev = walk.found.dev;
    denial.violations = walk.found.violations;
    denial.steps = walk.steps;
    kernel::fs_name(walk.found.fs_type, &mut denial.fs);
    copy(&walk.host_path, &mut denial.host_path);
    copy(&walk.path, &mut denial.path);
    denial.path_lengths = length(&walk.host_path) | length(&walk.path) << 16;
    kernel::program_name(bprm, &mut denial.exe);
}

/// Bytes used; one more than there are where something had no room.
#[inline(always)]
fn length<const N: usize>(names: &Names<N>) -> u32 {
    if names.cut == 0 {
        names.len
    } else {
        N as u32 + 1
    }
}

#[inline(always)]
fn copy<const N: usize>(names: &Names<N>, to: &mut [u8; N]) {
    // SAFETY: both are N bytes.
    unsafe {
        bpf_probe_read_kernel(
            to.as_mut_ptr().cast(),
            N as u32,
            names.bytes.as_ptr().cast(),
        );
    }
}
