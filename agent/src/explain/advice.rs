//! What a profile allows, and what to write or leave out so that a container passes. The only file
//! that knows how the policy's keys are called.

use std::path::Path;

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

/// What somebody can do about a refusal.
pub struct Advice {
    pub text: String,
    /// Whether it says what to write in a profile.
    pub is_setting: bool,
}

impl Advice {
    fn setting(text: String) -> Self {
        Self {
            text,
            is_setting: true,
        }
    }

    fn other(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_setting: false,
        }
    }
}

/// The entry of `host_paths` that lets this in, if one can.
pub fn entry(mount: &HostMount, path: &str, read_only: bool) -> Option<String> {
    let access = if read_only { "" } else { ", access = \"rw\"" };
    let can_be = mount.kind == Kind::Bind && path != "/";
    can_be.then(|| format!("{{ path = {path:?}{access} }}"))
}

/// The smallest change for a host path; `entries` are those of all that are refused.
pub fn path(
    mount: &HostMount,
    (path, read_only): (&str, bool),
    entries: &[String],
    book: Rulebook<'_>,
) -> Advice {
    const SOCKETS: &[&str] = &["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];
    let profile = book.name;
    if mount.kind == Kind::Disk {
        return Advice::setting(format!(
            "mount the disk on the host and let a directory of it in with host_paths, or write \
             devices = [{path:?}] in profile {profile}"
        ));
    }
    if mount.kind == Kind::Overlay {
        return Advice::other(
            "mount the directory itself: an overlay that the runtime makes over host directories \
             is refused whatever host_paths has",
        );
    }
    let would_do = |entry: &crate::policy::HostPath| Path::new(path).starts_with(&entry.path);
    let is_read_only_let_in = !read_only && book.host_paths.iter().any(would_do);
    if path == "/" {
        return Advice::other(if is_read_only_let_in {
            "mount it read-only"
        } else {
            "mount only the directory that it needs: this is the whole host"
        });
    }
    let all = entries.join(", ");
    let entry = if book.host_paths.is_empty() {
        format!("write host_paths = [{all}] in profile {profile}")
    } else {
        format!("add {all} to host_paths of profile {profile}")
    };
    Advice::setting(if is_read_only_let_in {
        format!("mount it read-only, or {entry}")
    } else if SOCKETS.iter().any(|socket| path.ends_with(socket)) {
        format!("leave it out (who has this socket is root on the host), or {entry}")
    } else {
        entry
    })
}

/// The smallest change for everything else.
pub fn change(rule: u32, (asked, at): (&str, &str), book: Rulebook<'_>) -> Advice {
    if is_privileged(at) {
        return Advice::other(format!(
            "leave {at} out and ask for the single things it needs, or assign profile privileged"
        ));
    }
    if rule == rules::HOST_NAMESPACE && asked == "mnt" {
        return Advice::other("give it a mount namespace of its own: nothing lets the host's in");
    }
    let (instead, setting) = setting_of(rule, (asked, at));
    let profile = book.name;
    Advice::setting(match instead {
        Some(instead) => format!("{instead}, or write {setting} in profile {profile}"),
        None => format!("write {setting} in profile {profile}"),
    })
}

/// What to leave out or do otherwise, and what to write in a profile.
fn setting_of(rule: u32, (asked, at): (&str, &str)) -> (Option<String>, String) {
    let names: Vec<&str> = asked.split(", ").collect();
    let quoted = format!("[\"{}\"]", names.join("\", \""));
    let (instead, setting) = match rule {
        rules::CAPABILITIES => {
            let instead = "drop them (--cap-drop ALL, drop: [\"ALL\"])".to_owned();
            let instead = at.ends_with("default").then_some(instead);
            return (instead, format!("capabilities.add = {quoted}"));
        }
        rules::HOST_NAMESPACE => return (None, format!("host_namespaces = {quoted}")),
        rules::KERNEL_FILESYSTEM => {
            let shared = settings::place(asked) < SHARED;
            let instead = if shared {
                "leave it read-only"
            } else {
                "leave it out"
            };
            let setting = format!("kernel_filesystems = {quoted}");
            return (Some(instead.to_owned()), setting);
        }
        rules::PROC_MOUNT if at.starts_with("linux.") => {
            let instead = format!("put into {at} what `runc spec` has there");
            return (Some(instead), "proc_mount = \"unmasked\"".to_owned());
        }
        rules::PROC_MOUNT => {
            let instead = format!("leave {at} out");
            return (Some(instead), "proc_mount = \"unmasked\"".to_owned());
        }
        rules::SECCOMP => ("leave the filter on", "seccomp = \"any\""),
        rules::NO_NEW_PRIVS => (
            "start it with --security-opt no-new-privileges (allowPrivilegeEscalation: false)",
            "no_new_privs = \"any\"",
        ),
        _ => (
            "run it as another user (--user, runAsUser)",
            "user = \"any\"",
        ),
    };
    (Some(instead.to_owned()), setting.to_owned())
}

fn is_privileged(at: &str) -> bool {
    at == "--privileged" || at.contains("securityContext.privileged")
}
