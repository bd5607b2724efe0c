//! Denials as nobody would make them.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{denial, rule_names, sample};
use crate::{
    denials::{Denial, Violation},
    policy::Access,
};

const CAUSES: &[&str] = &[
    "unanchored",
    "not-read-only",
    "block-device",
    "out-of-steps",
    "no-window",
    "working-directory",
    "set-up",
];

/// Names that people chose, and those that would break out of a line or a string.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "web",
            "a\"b",
            "x\n[[profile]]",
            "'''",
            "\\",
            "#",
            "",
            "é*",
            "[a]{b}"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "/", "/srv", "/srv/", "/srv//x", "/srv/./x", "/a/../b", "…/x", "/gone/x"
        ])
        .prop_map(str::to_owned),
        name().prop_map(|name| format!("/{name}")),
        name(),
    ]
}

fn image() -> impl Strategy<Value = Option<String>> {
    let images = [
        "nginx",
        "nginx:1",
        "docker.io/library/nginx",
        "r.example/a/b@sha256:1",
        "**",
    ];
    option::of(prop_oneof![
        select(images.to_vec()).prop_map(str::to_owned),
        "[a-z.:/@]{0,9}",
        name(),
    ])
}

fn violation() -> impl Strategy<Value = Violation> {
    let names = |known: &'static [&'static str]| {
        vec(
            prop_oneof![4 => select(known).prop_map(str::to_owned), 1 => name()],
            0..3,
        )
    };
    let cause = option::of(select(CAUSES).prop_map(str::to_owned));
    let access = option::of(select(vec![Access::Ro, Access::Rw]));
    let mounts = (option::of(path()), option::of(path()), access);
    let sets = (
        names(&["SYS_ADMIN", "BPF", "63", "mnt"]),
        names(&["pid", "net", "mnt"]),
        names(&["sysfs", "bpf", "ext4"]),
    );
    (rule(), cause, mounts, sets).prop_map(|(rule, cause, (host_path, path, access), sets)| {
        let set = |wanted: &str, set: Vec<String>| if rule == wanted { set } else { Vec::new() };
        Violation {
            cause,
            host_path,
            path,
            access,
            capabilities: set("capabilities", sets.0),
            namespaces: set("host-namespace", sets.1),
            filesystems: set("kernel-filesystem", sets.2),
            rule,
        }
    })
}

fn rule() -> impl Strategy<Value = String> {
    prop_oneof![9 => select(rule_names()).prop_map(str::to_owned), 1 => name()]
}

pub(super) fn denials() -> impl Strategy<Value = Vec<Denial>> {
    let container = (
        image(),
        option::of(name()),
        select(vec!["docker", "runc", "a new one"]),
        select(vec!["baseline", "ci", "a\"b\n"]),
    );
    let cause = option::of(select(CAUSES).prop_map(str::to_owned));
    let target = (
        option::of(path()),
        select(vec!["259:0", "8:1"]),
        option::of(path()),
    );
    let process = (name(), option::of(path()), option::of(0..4u64));
    let one = (
        rule(),
        cause,
        container,
        target,
        process,
        vec(violation(), 0..4),
    );
    vec(one.prop_map(build), 0..12)
}

type Parts = (
    String,
    Option<String>,
    (Option<String>, Option<String>, &'static str, &'static str),
    (Option<String>, &'static str, Option<String>),
    (String, Option<String>, Option<u64>),
    Vec<Violation>,
);

fn build((rule, cause, container, target, process, violations): Parts) -> Denial {
    let mut denial = denial(&sample::mount());
    let of_admission = crate::learn::known::rule(&rule).is_none();
    denial.rule = rule;
    denial.cause = cause;
    denial.container.image = container.0;
    denial.container.name = container.1;
    denial.container.runtime = Some(container.2.to_owned());
    denial.container.profile = container.3.to_owned();
    denial.target.host_path = target.0.clone();
    denial.target.path = target.0;
    denial.target.dev = Some(target.1.to_owned());
    denial.target.socket = target.2;
    denial.process.comm = process.0;
    denial.process.exe = process.1;
    denial.repeated = process.2;
    denial.violations = if of_admission { violations } else { Vec::new() };
    denial
}
