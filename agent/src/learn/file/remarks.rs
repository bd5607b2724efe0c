//! What the comments of a proposal say.

use crate::learn::{
    findings::{Names, Seen},
    text::comment,
};

/// `3 times, by /bin/sh: /srv → /x`.
pub(super) fn seen(seen: &Seen) -> String {
    let mut text = times(seen.count);
    if !seen.programs.named.is_empty() {
        text += &format!(", by {}", list(&seen.programs));
    }
    if !seen.details.named.is_empty() {
        text += &format!(": {}", list(&seen.details));
    }
    text
}

pub(super) fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

fn list(names: &Names) -> String {
    let all: Vec<_> = names.named.iter().map(|name| comment(name)).collect();
    let more = if names.more { ", …" } else { "" };
    all.join(", ") + more
}

/// What a container can do that a rule of containment does not hold for, as in docs/policy.md.
pub(super) fn opens(rule: &str) -> &'static str {
    match rule {
        "mount" => "a privileged one can then mount a disk of the host and write to it",
        "setns" => "one with the host's processes can then enter the host's namespaces",
        "foreign-process" => {
            "a privileged one can then read the memory of every process of the host, and steer it"
        }
        "foreign-file" => {
            "every descriptor of a host directory that leaks in then leads to its files"
        }
        "namespace-file" => "it can then hold the host's namespaces",
        "kernel-interface" => {
            "a privileged one can then have the host run a program of its choice; better set it on \
             the host"
        }
        "device" => "one that has a disk's node can then read and write it raw",
        "runtime-socket" => {
            "it can then give orders to every daemon of the host whose socket it can reach"
        }
        "kernel-code" => {
            "a privileged one can then load a kernel module, and nothing holds it any more; better \
             load modules on the host"
        }
        "user-namespace" => {
            "an unprivileged one then gets all capabilities in a namespace of its own"
        }
        "crypto-socket" => "parts of the kernel that are seldom used can then be reached",
        "handle" => {
            "a privileged one can then open any file of a filesystem that it sees a piece of"
        }
        _ => "see docs/policy.md for what this opens",
    }
}
