//! An OCI bundle, or its `config.json`.

#[cfg(test)]
pub(super) mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

use probe_common::{
    admission::{FILESYSTEMS, SHARED},
    rule::rules,
};

use super::{
    About, Asked, Below, ExplainError, Host, HostMount, Kind, settings,
    spec::{self, HIDDEN, READ_ONLY, Spec},
};
use crate::{capabilities, containers::Info};

/// Namespaces by the specification's names, in the order of `probe_common::label`.
const NAMESPACES: [&str; 8] = [
    "mount", "pid", "network", "uts", "ipc", "cgroup", "time", "user",
];
const USER: usize = 7;

/// Reads a bundle's folder, or a file.
///
/// # Errors
/// If it cannot be read or is no runtime specification.
pub fn read(path: &Path, host: &Host) -> Result<Asked, ExplainError> {
    let file = if path.is_dir() {
        path.join("config.json")
    } else {
        path.to_owned()
    };
    let text = fs::read_to_string(&file).map_err(|source| ExplainError::Unreadable {
        path: file.clone(),
        source,
    })?;
    let malformed = |problem| ExplainError::Malformed {
        path: file.clone(),
        problem,
    };
    let spec: Spec = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
    // A bare name has an empty one.
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    asked(&spec, &folder, host).map_err(malformed)
}

/// What a specification asks for; relative paths begin in `folder`.
pub(super) fn asked(spec: &Spec, folder: &Path, host: &Host) -> Result<Asked, String> {
    let mut asked = Asked::new(info(spec, folder));
    let own_userns = namespaces(spec, &mut asked);
    if !own_userns {
        let process = &spec.process.capabilities;
        for (field, names) in [
            ("bounding", &process.bounding),
            ("permitted", &process.permitted),
            ("inheritable", &process.inheritable),
        ] {
            for name in names {
                let number = capabilities::number(name)
                    .ok_or_else(|| format!("there is no capability {name:?}"))?;
                if asked.why(About::Capability(number)).is_none() {
                    asked.capability(number, &format!("process.capabilities.{field}"));
                }
            }
        }
    }
    process(spec, own_userns, &mut asked);
    for (i, mount) in spec.mounts.iter().enumerate() {
        one_mount(mount, (i, folder), &mut asked);
    }
    root(spec, folder, &mut asked);
    if !is_masked(spec, host) {
        asked.breaks(
            rules::PROC_MOUNT,
            "linux.maskedPaths and linux.readonlyPaths",
        );
    }
    asked.devices = spec
        .linux
        .devices
        .iter()
        .map(|device| device.path.clone())
        .collect();
    asked.assume(
        "the runtime gives it no other id than the bundle's folder has, and no hook changes it",
    );
    Ok(asked)
}

fn info(spec: &Spec, folder: &Path) -> Info {
    let of = |key: &str| {
        spec.annotations
            .get(&format!("io.kubernetes.cri.{key}"))
            .cloned()
    };
    let id = folder
        .file_name()
        .and_then(|name| name.to_str())
        .map(str::to_owned);
    let pod = of("sandbox-namespace").zip(of("sandbox-name"));
    let name = pod.map(|(namespace, pod)| match of("container-name") {
        Some(name) => format!("{namespace}/{pod}/{name}"),
        None => format!("{namespace}/{pod}"),
    });
    Info {
        runtime: Some(if name.is_some() { "containerd" } else { "runc" }),
        name: name.or_else(|| id.clone()),
        id,
        image: of("image-name"),
        labels: spec.annotations.clone(),
        ..Info::default()
    }
}

/// Those that are the host's. Is its user namespace its own?
fn namespaces(spec: &Spec, asked: &mut Asked) -> bool {
    let of = |kind: &str| {
        spec.linux
            .namespaces
            .iter()
            .find(|namespace| namespace.kind == kind)
    };
    for (place, kind) in NAMESPACES.iter().enumerate() {
        match of(kind).map(|namespace| namespace.path.as_deref()) {
            None => asked.namespace(place, &format!("no {kind} in linux.namespaces")),
            Some(Some(path)) if path.starts_with("/proc/1/ns/") => {
                asked.namespace(place, &format!("{path} in linux.namespaces"));
            }
            Some(Some(path)) if !path.is_empty() => {
                asked.assume(format!("{path} is not the host's {kind} namespace"));
            }
            Some(_) => {}
        }
    }
    asked.facts.namespaces >> USER & 1 == 0
}

fn process(spec: &Spec, own_userns: bool, asked: &mut Asked) {
    let uid = spec.process.user.uid;
    let host_uid = if own_userns {
        spec.linux.host_id(uid)
    } else {
        Some(uid)
    };
    if host_uid == Some(0) {
        asked.breaks(rules::ROOT_USER, "process.user.uid");
    }
    if !spec.process.no_new_privileges {
        asked.breaks(rules::NO_NEW_PRIVS, "no process.noNewPrivileges");
    }
    if spec.linux.seccomp.is_none() {
        asked.breaks(rules::SECCOMP, "no linux.seccomp");
    }
}

fn one_mount(mount: &spec::Mount, (i, folder): (usize, &Path), asked: &mut Asked) {
    let at = format!("mounts[{i}] {}", mount.destination);
    let read_only = mount.has(&["ro", "rro"]);
    if mount.kind == "bind" || mount.has(&["bind", "rbind"]) {
        let below = match (mount.has(&["rbind"]), mount.has(&["rro"])) {
            (false, _) => Below::Left,
            (true, true) => Below::TakenReadOnly,
            (true, false) => Below::Taken,
        };
        asked.mounts.push(HostMount {
            host_path: folder.join(&mount.source),
            elsewhere: Vec::new(),
            container_path: mount.destination.clone(),
            read_only,
            below,
            kind: Kind::Bind,
            at,
        });
        return;
    }
    // On a host with cgroup v2 alone the specification's `cgroup` is that.
    let kind = if mount.kind == "cgroup" {
        "cgroup2"
    } else {
        &mount.kind
    };
    let place = settings::place(kind);
    let innocent = place < SHARED && read_only;
    if place < FILESYSTEMS.len() && !innocent {
        asked.filesystem(place, &at);
    }
    let disk = mount
        .source
        .starts_with("/dev/")
        .then(|| PathBuf::from(&mount.source));
    if let Some(disk) = disk.filter(|_| place == FILESYSTEMS.len()) {
        asked.mounts.push(HostMount {
            host_path: disk,
            elsewhere: Vec::new(),
            container_path: mount.destination.clone(),
            read_only,
            below: Below::Left,
            kind: Kind::Disk,
            at,
        });
    }
}

/// The root is a directory of the host like any other.
fn root(spec: &Spec, folder: &Path, asked: &mut Asked) {
    asked.mounts.push(HostMount {
        host_path: folder.join(&spec.root.path),
        elsewhere: Vec::new(),
        container_path: "/".to_owned(),
        read_only: spec.root.readonly,
        below: Below::Left,
        kind: Kind::Bind,
        at: "root.path".to_owned(),
    });
}

/// Does its `/proc`, if it has one, hide what runtimes hide? What this kernel has not is not asked.
fn is_masked(spec: &Spec, host: &Host) -> bool {
    let has_proc = spec.mounts.iter().any(|mount| mount.kind == "proc");
    let here = |name: &&&str| host.path(&Path::new("/proc").join(name)).exists();
    let is_in =
        |paths: &[String], name: &str| paths.iter().any(|path| *path == format!("/proc/{name}"));
    let linux = &spec.linux;
    let masked = |name: &&str| is_in(&linux.masked_paths, name);
    let read_only = |name: &&str| masked(name) || is_in(&linux.readonly_paths, name);
    !has_proc
        || HIDDEN.iter().filter(here).all(masked) && READ_ONLY.iter().filter(here).all(read_only)
}
