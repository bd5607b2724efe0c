//! What is not wrong but hardly meant.

use super::*;

#[track_caller]
fn warns(text: &str, expected: &[&str]) {
    let folder = host();
    let file = folder.path().join("p.toml");
    std::fs::write(&file, text).unwrap();
    let found = super::super::lint(Some(&file), folder.path())
        .unwrap()
        .warnings;
    let found: Vec<_> = found
        .iter()
        .map(|w| format!("{}:{}: {}", w.at.line, w.at.column, w.message))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn what_is_hardly_meant_is_a_warning() {
    warns("", &[]);
    warns("mode = \"enforce\"", &[]);
    warns(
        "mode = \"audit\"",
        &["1:8: in audit mode nothing is refused"],
    );
    warns(
        "default = \"privileged\"",
        &["1:11: containers that no assign is about are let in with whatever they ask for"],
    );
    let profile = |lines: &str| format!("[[profile]]\nname = \"baseline\"\n{lines}");
    warns(
        &profile("host_paths = [{ path = \"/\", access = \"rw\" }]"),
        &["3:15: this lets containers write to the whole host"],
    );
    warns(&profile("host_paths = [{ path = \"/\" }]"), &[]);
    warns(
        &profile("contain.allow = [\"mount\", \"kernel-code\"]"),
        &["3:27: whoever loads code into the kernel is held by nothing any more"],
    );
    warns(
        &profile("host_namespaces = [\"pid\", \"uts\"]"),
        &["3:27: every profile lets the host's `uts` in: this says nothing"],
    );
    warns(
        "[[profile]]\nname = \"privileged\"\nhost_paths = [{ path = \"/srv\" }]",
        &[
            "2:8: profile \"privileged\" is not used: nothing assigns or extends it",
            "3:1: `privileged` lets every host path in: these say nothing",
        ],
    );
}

#[test]
fn a_profile_is_for_something() {
    let unused = "profile \"a\" is not used: nothing assigns or extends it";
    let a = "[[profile]]\nname = \"a\"\n";
    warns(a, &[&format!("2:8: {unused}")]);
    warns(&format!("default = \"a\"\n{a}"), &[]);
    warns(
        &format!("{a}[[assign]]\nname = \"x\"\nprofile = \"a\""),
        &[],
    );
    warns(
        &format!("default = \"b\"\n{a}[[profile]]\nname = \"b\"\nextends = \"a\""),
        &[],
    );
}

#[test]
fn a_pattern_fits_something() {
    let assign = |line: &str| format!("[[assign]]\n{line}\nprofile = \"baseline\"");
    warns(
        &assign("image = \"Nginx\""),
        &["2:9: \"Nginx\" fits no image: none has upper case"],
    );
    warns(
        &assign("image = \"my image\""),
        &["2:9: \"my image\" fits no image: none has a space"],
    );
    warns(
        &assign("name = \"\""),
        &["2:8: \"\" fits no name: it is empty"],
    );
    warns(
        &assign("namespace = \"a/b\""),
        &["2:13: \"a/b\" fits no namespace: none has a `/`"],
    );
    warns(&assign("label.x = \"\""), &[]);
    warns(
        &assign("name = \"x\"\nruntime = \"runc\""),
        &[
            "2:8: only those have a name that were started with `--systemd-cgroup`: the others get \
             what an assign with nothing but `runtime` says",
        ],
    );
    warns(&assign("name = \"x\"\nruntime = \"docker\""), &[]);
}
