//! What a profile allows, and what to write or leave out so that a container passes. The only file
//! that knows how the policy's keys are called.

use probe_common::{
    admission::{DOCKERS, FILESYSTEMS, SHARED},
    label,
    rule::rules,
};

use super::{
    HostMount, Kind,
    decide::{Refusal, Rulebook},
    settings,
};
use crate::{
    capabilities,
    policy::{Access, setting},
};

/// The key that lets this in. A kernel filesystem below a host path comes with that.
pub fn let_in_by(one: &Refusal, filesystems: u32) -> &'static str {
    let place = settings::place(&one.asked);
    let is_listed = place < FILESYSTEMS.len() && filesystems >> place & 1 == 1;
    let rule = match &*one.rule {
        "kernel-filesystem" if !is_listed => "host-path",
        rule => rule,
    };
    setting(rule).unwrap_or_default()
}

/// What the profile lets pass under a rule.
pub fn allowed(rule: u32, book: Rulebook<'_>) -> String {
    let profile = book.profile;
    match rule {
        rules::HOST_PATH => host_paths(book),
        rules::BLOCK_DEVICE => {
            let disks = book.devices.iter().filter(|device| device.block);
            list(disks.map(|disk| disk.path.display().to_string()).collect())
        }
        rules::CAPABILITIES if profile.capabilities == DOCKERS => "Docker's default 14".to_owned(),
        rules::CAPABILITIES => list(capabilities::names(profile.capabilities)),
        rules::HOST_NAMESPACE => {
            let names = label::NAMES.iter().enumerate();
            let allowed = names.filter(|(place, _)| profile.namespaces >> place & 1 == 1);
            list(allowed.map(|(_, name)| (*name).to_owned()).collect())
        }
        rules::KERNEL_FILESYSTEM => {
            let names = FILESYSTEMS.iter().enumerate();
            let allowed = names.filter(|(place, _)| profile.filesystems >> place & 1 == 1);
            list(allowed.map(|(_, (_, name))| (*name).to_owned()).collect())
        }
        rules::PROC_MOUNT => "a masked /proc".to_owned(),
        rules::SECCOMP => "a seccomp filter, whichever".to_owned(),
        rules::NO_NEW_PRIVS => "only no_new_privs".to_owned(),
        _ => "any other user".to_owned(),
    }
}

fn host_paths(book: Rulebook<'_>) -> String {
    let text = |entry: &crate::policy::HostPath| {
        let access = match entry.access {
            Access::Ro => "ro",
            Access::Rw => "rw",
        };
        format!("{} ({access})", entry.path.display())
    };
    list(book.host_paths.iter().map(text).collect())
}

fn list(names: Vec<String>) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// The smallest change for a host path.
pub fn path(mount: &HostMount, (path, read_only): (&str, bool), book: Rulebook<'_>) -> String {
    const SOCKETS: &[&str] = &["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];
    let profile = book.name;
    if mount.kind == Kind::Disk {
        return format!(
            "mount the disk on the host and let a directory of it in with host_paths, or write \
             devices = [{path:?}] in profile {profile}"
        );
    }
    if mount.kind == Kind::Overlay {
        return "mount the directory itself: an overlay that the runtime makes over host \
                directories is refused whatever host_paths has"
            .to_owned();
    }
    if path == "/" {
        return "mount only the directory that it needs: this is the whole host".to_owned();
    }
    let access = if read_only { "" } else { ", access = \"rw\"" };
    let entry = format!("host_paths = [{{ path = {path:?}{access} }}] in profile {profile}");
    let would_do =
        |entry: &&crate::policy::HostPath| std::path::Path::new(path).starts_with(&entry.path);
    if !read_only && book.host_paths.iter().any(|entry| would_do(&entry)) {
        return format!("mount it read-only, or write {entry}");
    }
    if SOCKETS.iter().any(|socket| path.ends_with(socket)) {
        return format!("leave it out (who has this socket is root on the host), or write {entry}");
    }
    format!("write {entry}")
}

/// The smallest change for everything else.
pub fn change(rule: u32, (asked, at): (&str, &str), book: Rulebook<'_>) -> String {
    let profile = book.name;
    let names: Vec<&str> = asked.split(", ").collect();
    let quoted = format!("[\"{}\"]", names.join("\", \""));
    match rule {
        _ if is_privileged(at) => format!(
            "leave {at} out and ask for the single things it needs, or assign profile privileged"
        ),
        rules::CAPABILITIES if at.ends_with("default") => format!(
            "drop them (--cap-drop ALL, drop: [\"ALL\"]), or write capabilities.add = {quoted} in \
             profile {profile}"
        ),
        rules::CAPABILITIES => format!("write capabilities.add = {quoted} in profile {profile}"),
        rules::HOST_NAMESPACE if asked == "mnt" => {
            "give it a mount namespace of its own: nothing lets the host's in".to_owned()
        }
        rules::HOST_NAMESPACE => format!("write host_namespaces = {quoted} in profile {profile}"),
        rules::KERNEL_FILESYSTEM => {
            let shared = settings::place(asked) < SHARED;
            let first = if shared {
                "leave it read-only"
            } else {
                "leave it out"
            };
            format!("{first}, or write kernel_filesystems = {quoted} in profile {profile}")
        }
        rules::PROC_MOUNT if at.starts_with("linux.") => format!(
            "put into {at} what `runc spec` has there, or write proc_mount = \"unmasked\" in profile \
             {profile}"
        ),
        rules::PROC_MOUNT => {
            format!("leave {at} out, or write proc_mount = \"unmasked\" in profile {profile}")
        }
        rules::SECCOMP => {
            format!("leave the filter on, or write seccomp = \"any\" in profile {profile}")
        }
        rules::NO_NEW_PRIVS => format!(
            "start it with --security-opt no-new-privileges (allowPrivilegeEscalation: false), or \
             write no_new_privs = \"any\" in profile {profile}"
        ),
        _ => format!(
            "run it as another user (--user, runAsUser), or write user = \"any\" in profile {profile}"
        ),
    }
}

/// Does it say what to write in a profile?
pub fn is_setting(advice: &str) -> bool {
    advice.contains(" in profile ")
}

fn is_privileged(at: &str) -> bool {
    at == "--privileged" || at.contains("securityContext.privileged")
}
