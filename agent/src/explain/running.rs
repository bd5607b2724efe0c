//! A container that runs here, as `/proc` shows its first process.

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

use probe_common::{
    admission::{FILESYSTEMS, SHARED},
    label::{NAMES, USER},
    rule::rules,
};

use super::{
    Asked, Below, ExplainError, Host, HostMount, Kind,
    spec::{HIDDEN, READ_ONLY},
};
use crate::{
    containers::{Containers, Info, Key, Lookup},
    proc::{
        self, Status,
        mountinfo::{self, Mount},
    },
};

/// Finds a container by its name, or by how its id begins.
///
/// # Errors
/// If there is none, or its process cannot be read.
pub fn find(wanted: &str, host: &Host) -> Result<Asked, ExplainError> {
    let containers = Containers::new(host.root());
    let none = || ExplainError::NoContainer(wanted.to_owned());
    let (process, info) = processes(host)
        .into_iter()
        .find_map(|(process, ids)| {
            let of = |id: &String| (containers.look(Key::of(0, id)), id.clone());
            let (info, id) = ids.iter().map(of).find(|(info, id)| is(info, id, wanted))?;
            let id = Some(id);
            Some((process, Info { id, ..info }))
        })
        .ok_or_else(none)?;
    read(process, info, host)
}

fn is(info: &Info, id: &str, wanted: &str) -> bool {
    is_id(id) && !wanted.is_empty() && id.starts_with(wanted)
        || info.lookup == Lookup::Resolved
            && (info.name.as_deref() == Some(wanted) || info.id.as_deref() == Some(wanted))
}

/// As most runtimes name containers.
fn is_id(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == 64 && text.bytes().all(digit)
}

/// Every process, lowest number first, with what in its cgroup's path may be a container's id.
fn processes(host: &Host) -> Vec<(u32, Vec<String>)> {
    let Ok(entries) = fs::read_dir(host.path(Path::new("/proc"))) else {
        return Vec::new();
    };
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let mut numbers: Vec<u32> = entries.flatten().filter_map(number).collect();
    numbers.sort_unstable();
    let of = |process: u32| {
        let text = proc::text(&of_process(host, process).join("cgroup")).ok()?;
        let ids = ids(text.lines().find_map(|line| line.strip_prefix("0::"))?);
        (!ids.is_empty()).then_some((process, ids))
    };
    numbers.into_iter().filter_map(of).collect()
}

/// An id in a component, or the component's own name, as `runc run web` has it.
fn ids(cgroup: &str) -> Vec<String> {
    let names = cgroup
        .split('/')
        .filter(|name| !name.is_empty() && !name.contains("conmon"));
    let mut all = Vec::new();
    for name in names {
        let runs = name.split(|c: char| !c.is_ascii_hexdigit() || c.is_ascii_uppercase());
        all.extend(runs.filter(|run| is_id(run)).map(str::to_owned));
        let bare = name.strip_suffix(".scope").unwrap_or(name);
        let bare = ["runc-", "crun-"]
            .iter()
            .find_map(|prefix| bare.strip_prefix(prefix))
            .unwrap_or(bare);
        all.push(bare.to_owned());
    }
    all
}

fn of_process(host: &Host, process: u32) -> PathBuf {
    host.path(Path::new("/proc")).join(process.to_string())
}

/// What the process has.
///
/// # Errors
/// If it is gone.
pub fn read(process: u32, info: Info, host: &Host) -> Result<Asked, ExplainError> {
    let folder = of_process(host, process);
    let unreadable = |path: PathBuf| |source| ExplainError::Unreadable { path, source };
    let status = Status::read(&folder).map_err(unreadable(folder.join("status")))?;
    let mounts = folder.join("mountinfo");
    let mounts = mountinfo::read(&proc::text(&mounts).map_err(unreadable(mounts))?);
    let mut asked = Asked::new(info);
    for (place, name) in NAMES.iter().enumerate() {
        if is_hosts(host, process, name)? {
            asked.namespace(place, &format!("its {name} namespace"));
        }
    }
    read_status(&status, &mut asked);
    for mount in &mounts {
        one_mount(mount, host, &mut asked);
    }
    if !is_masked(&mounts, host) {
        asked.breaks(rules::PROC_MOUNT, "its /proc");
    }
    asked.assume("it still has what it was started with");
    Ok(asked)
}

fn is_hosts(host: &Host, process: u32, name: &str) -> Result<bool, ExplainError> {
    let link = |process| {
        let path = of_process(host, process).join("ns").join(name);
        fs::read_link(&path).map_err(|source| ExplainError::Unreadable { path, source })
    };
    // A kernel may lack a kind.
    match link(1) {
        Ok(hosts) => Ok(hosts == link(process)?),
        Err(_) => Ok(false),
    }
}

fn read_status(status: &Status, asked: &mut Asked) {
    if asked.facts.namespaces >> USER & 1 == 1 {
        for key in ["CapPrm", "CapInh", "CapBnd"] {
            let set = status.set(key).unwrap_or_default();
            asked.capabilities(set, &format!("its {key}"));
        }
    }
    if let Some([real, effective, ..]) = status.users()
        && (real == 0 || effective == 0)
    {
        asked.breaks(rules::ROOT_USER, "its Uid");
    }
    // Mode 1, strict, is no filter either; the probe says the same.
    for (key, safe, rule) in [
        ("Seccomp", "2", rules::SECCOMP),
        ("NoNewPrivs", "1", rules::NO_NEW_PRIVS),
    ] {
        if status.of(key) != Some(safe) {
            asked.breaks(rule, &format!("its {key}"));
        }
    }
}

/// What a mount shows, as the host has it: the shown directory, put where the host has that
/// filesystem.
fn one_mount(mount: &Mount, host: &Host, asked: &mut Asked) {
    let at = format!("its mount {}", mount.place.display());
    let mut kernels = FILESYSTEMS.iter();
    if let Some(place) = kernels.position(|(_, name)| *name == mount.fs) {
        if place >= SHARED || !mount.read_only {
            asked.filesystem(place, &at);
        }
        return;
    }
    let same = host
        .mounts()
        .iter()
        .filter(|of_host| of_host.device == mount.device);
    let shown = same.filter_map(|of_host| {
        let below = mount.root.strip_prefix(&of_host.root).ok()?;
        Some(of_host.place.join(below))
    });
    let kind = if mount.device.0 == 0 {
        Kind::Bind
    } else {
        Kind::Disk
    };
    let mut shown: Vec<PathBuf> = shown.collect();
    // The shortest is the one that people mean.
    shown.sort_by_key(|path| path.components().count());
    let mut shown = shown.into_iter();
    let Some((host_path, kind)) = shown
        .next()
        .map(|path| (path, Kind::Bind))
        .or_else(|| (kind == Kind::Disk).then(|| (PathBuf::from(&mount.source), kind)))
    else {
        return;
    };
    asked.mounts.push(HostMount {
        host_path,
        elsewhere: shown.collect(),
        container_path: mount.place.display().to_string(),
        read_only: mount.read_only,
        // They are mounts of their own in the list.
        below: Below::Left,
        kind,
        at,
    });
}

fn is_masked(mounts: &[Mount], host: &Host) -> bool {
    let proc = mounts
        .iter()
        .rfind(|mount| mount.place == Path::new("/proc") && mount.fs == "proc");
    let Some(proc) = proc else { return true };
    let here = |name: &&&str| host.path(&Path::new("/proc").join(name)).exists();
    let over = |name: &str| {
        mounts
            .iter()
            .rfind(|mount| mount.place == Path::new("/proc").join(name))
    };
    let hidden = |name: &&str| over(name).is_some_and(|mount| mount.fs != "proc");
    let read_only = |name: &&str| {
        proc.read_only || over(name).is_some_and(|mount| mount.fs != "proc" || mount.read_only)
    };
    HIDDEN.iter().filter(here).all(hidden) && READ_ONLY.iter().filter(here).all(read_only)
}
