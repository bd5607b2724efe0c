//! Recognition: a container's cgroup is known from its birth, by its name; a container that ran
//! before the probe, by its cgroup and root.

use core::hint::black_box;

use aya_ebpf::helpers::generated::bpf_probe_read_kernel;
use probe_common::{
    cgroup_name::{self, PARENT},
    container::{Container, ORDINARY, PROFILE_DEFAULT},
    label::{BY_DESCENT, KIND_CONTAINED, KIND_HOST, Label, Lasting, NAMESPACES},
    limits,
    record::{ContainerMade, KIND_CONTAINER},
};

use crate::{
    kernel::{self, Cgroup, Kernel, Node, Task, text_at},
    label,
    maps::{CONTAINERS, NEW_CGROUP, NewCgroup, RING, RUNTIMES},
    namespaces, report,
};

/// Enters a new cgroup into `CONTAINERS` if it is a container's or below one.
#[inline(always)]
pub fn recognise(cgroup: Cgroup) -> Option<()> {
    if !cgroup.is_v2() {
        return None;
    }
    let node = cgroup.node()?;
    let parent = node.parent()?;
    // SAFETY: the entry is copied by the insertion, before anybody can replace it.
    let owner = unsafe { CONTAINERS.get(parent.id()?) };
    // What a container makes below its cgroup is its own, whatever it is called. A runtime told to
    // use `--cgroup-parent` makes a container all the same.
    if let Some(owner) = owner
        && label::contained().is_some()
    {
        return insert(node, owner);
    }
    // SAFETY: the tracepoint holds `trace_cgroup_path_lock`, so nobody else is here.
    let scratch = unsafe { &mut *NEW_CGROUP.get_ptr_mut(0)? };
    let mut above = [0; PARENT];
    text_at(parent.name()?, &mut above)?;
    let used = text_at(node.name()?, &mut scratch.name)?;
    let used = used.saturating_sub(1);
    let Some(named) = cgroup_name::container_id(&scratch.name, used, &above) else {
        return insert(node, owner?);
    };
    let container = &mut scratch.container;
    container.ids = [[0; limits::ID]; 3];
    container.owner = node.id()?;
    container.profile = PROFILE_DEFAULT;
    // Nothing below a container is BuildKit's: a runtime may be told to make any cgroup there.
    container.kind = if owner.is_none() {
        named.kind
    } else {
        ORDINARY
    };
    // The compiler knows `len` and would spare the mask, which is the bound that 6.1 can see.
    let len = if named.len == limits::ID {
        limits::ID
    } else {
        black_box(named.len) & (limits::ID - 1)
    };
    let id = container.ids[0].as_mut_ptr().cast();
    // SAFETY: `len` is at most the id's size; the helper checks the source.
    unsafe {
        bpf_probe_read_kernel(
            id,
            len as u32,
            (node.name()? + named.start as u64) as *const _,
        )
    };
    insert(node, &scratch.container)?;
    announce(parent.id()?, scratch);
    Some(())
}

#[inline(always)]
fn insert(node: Node, container: &Container) -> Option<()> {
    let inserted = CONTAINERS.insert(node.id()?, container, 0);
    inserted.map_err(|_| report::lost()).ok()
}

/// Tells the agent, which looks up the name before the runtime can take it away. Users may make
/// cgroups in one that was given to them, and call them what they like.
#[inline(always)]
fn announce(parent: u64, scratch: &NewCgroup) {
    let entry = report::has_room(parent).then(|| RING.reserve::<ContainerMade>(0));
    let Some(mut entry) = entry.flatten() else {
        return report::lost();
    };
    // SAFETY: the reservation is as large as a record, and every field is written.
    let made = unsafe { &mut *entry.as_mut_ptr() };
    made.header = report::header(KIND_CONTAINER, size_of::<ContainerMade>());
    made.cgroup = scratch.container.owner;
    made.id = scratch.container.ids[0];
    made.name = scratch.name;
    entry.submit(0);
}

/// The profile of the container that a cgroup belongs to. A runtime may have made the cgroup below
/// the container's own before the agent assigned one.
#[inline(always)]
pub fn profile_of(container: &Container) -> u32 {
    // SAFETY: the entry is read at once.
    unsafe { CONTAINERS.get(container.owner) }.map_or(container.profile, |owner| owner.profile)
}

/// Gives a labelled task the profile that its container has now. What has left a container that is
/// gone by now has the default one: nobody would take an old number from it.
#[inline(always)]
pub fn assign(label: &mut Label) {
    // SAFETY: the entry is read at once.
    if let Some(container) = unsafe { CONTAINERS.get(label.container) } {
        label.profile = container.profile;
    } else if label.kind == KIND_CONTAINED && label.container & BY_DESCENT == 0 {
        label.profile = PROFILE_DEFAULT;
    }
}

/// Labels a task that runs in a container and has no label yet.
#[inline(always)]
pub fn adopt(task: Task) -> Option<()> {
    let (host, host_root) = Kernel::host()?;
    if let Some(label) = label::of(task) {
        assign(label);
        return None;
    }
    // SAFETY: the entry is read at once.
    let container = unsafe { CONTAINERS.get(task.cgroup()?) }?;
    let (_, root) = task.root()?;
    if task.mount_ns()? == host.mount_ns || root == host_root {
        return None;
    }
    let mut label = Label {
        kind: KIND_CONTAINED,
        container: container.owner,
        profile: profile_of(container),
        cgroup: task.cgroup()?,
        own: task.namespaces().unwrap_or_default(),
        ..Label::HOST
    };
    namespaces::admit(&mut label);
    label::create(task, &label).map(|_| ())
}

/// Labels a task as the programs of an agent with another layout have. What only they noted of it is
/// looked up anew.
#[inline(always)]
pub fn inherit(task: Task) -> Option<()> {
    let before = label::from_before(task).filter(|before| before.kind != KIND_HOST)?;
    let label = label::of(task);
    if let Some(label) = &label
        && (label::is_contained(label) || !label::is_kind_contained(before.kind))
    {
        return None;
    }
    let mut found = Label {
        kind: before.kind,
        flags: before.flags,
        container: before.container,
        profile: before.profile,
        pending: before.pending,
        cgroup: task.cgroup()?,
        own: own(task, before),
        ..Label::HOST
    };
    namespaces::admit(&mut found);
    match label {
        // Its exec was committed between the look at it and the label that came of that.
        Some(label) => *label = found,
        None => drop(label::create(task, &found)?),
    }
    Some(())
}

/// The namespaces it was admitted with that are the host's, which stay what they are, and otherwise
/// those it is in: the numbers of others may be somebody else's by now.
#[inline(always)]
fn own(task: Task, before: &Lasting) -> [u32; NAMESPACES] {
    let mut own = task.namespaces().unwrap_or_default();
    let Some(host) = Kernel::namespaces() else {
        return before.own;
    };
    for ((own, before), host) in own.iter_mut().zip(before.own).zip(host) {
        if before == host {
            *own = before;
        }
    }
    own
}

/// Is the program about to be run one of the known runtimes? Then the profile of those of its
/// containers that have no cgroup to be known by.
#[inline(always)]
pub fn runtime(bprm: u64) -> Option<u32> {
    let file = kernel::program(bprm)?.inode()?.id()?;
    // SAFETY: the entry is read at once.
    unsafe { RUNTIMES.get(file) }.copied()
}
