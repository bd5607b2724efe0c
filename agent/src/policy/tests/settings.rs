//! Settings of admission, each with what can be wrong with it.

use probe_common::{admission::DOCKERS, rule::rules};

use super::*;

fn profile(lines: &str) -> Profile {
    let policy = read(&format!("[[profile]]\nname = \"baseline\"\n{lines}")).unwrap();
    policy.default_profile().clone()
}

#[track_caller]
fn line(line: &str, message: &str) {
    wrong(
        &format!("[[profile]]\nname = \"baseline\"\n{line}"),
        &format!("p.toml:{message}"),
    );
}

#[test]
fn capabilities_are_added_and_dropped() {
    let of = |lines: &str| profile(lines).capabilities;
    assert_eq!(of(""), DOCKERS);
    let added = of("capabilities.add = [\"CAP_SYS_ADMIN\", \"net_admin\", \"Cap_Bpf\"]");
    assert_eq!(added, DOCKERS | 1 << 21 | 1 << 12 | 1 << 39);
    let both = of("capabilities = { add = [\"SYS_TIME\"], drop = [\"NET_RAW\"] }");
    assert_eq!(both, (DOCKERS | 1 << 25) & !(1 << 13));
    assert_eq!(of("capabilities.drop = [\"all\"]"), 0);
    let only = "capabilities.drop = [\"ALL\"]\ncapabilities.add = [\"NET_BIND_SERVICE\"]";
    assert_eq!(of(only), 1 << 10);
    let but = "capabilities.add = [\"ALL\"]\ncapabilities.drop = [\"SYS_ADMIN\"]";
    assert_eq!(of(but), !(1 << 21));
    assert!(
        profile("capabilities.add = [\"ALL\"]")
            .allowed
            .contains(rules::CAPABILITIES)
    );
}

#[test]
fn wrong_capabilities_are_named() {
    line(
        "capabilities.add = [\"SYS_ADMN\"]",
        "3:21: unknown capability \"SYS_ADMN\" in `capabilities.add`, did you mean `SYS_ADMIN`?",
    );
    line(
        "capabilities.drop = [\"CAP_WHATEVER_ELSE\"]",
        "3:22: unknown capability \"WHATEVER_ELSE\" in `capabilities.drop`",
    );
    line(
        "capabilities.add = [\"KILL\", \"cap_kill\"]",
        "3:29: capability \"KILL\" is here twice",
    );
    line(
        "capabilities = { add = [\"KILL\"], drop = [\"cap_kill\"] }",
        "3:42: capability \"KILL\" is in both `add` and `drop`",
    );
    line(
        "capabilities = [\"KILL\"]",
        "3:16: `capabilities` is a list, must be a table",
    );
    line(
        "capabilities.ad = []",
        "3:14: unknown key `ad`, did you mean `add`?",
    );
}

#[test]
fn namespaces_and_filesystems_come_on_top() {
    let namespaces = |lines: &str| profile(lines).namespaces;
    assert_eq!(namespaces(""), 0b1110_1000);
    assert_eq!(
        namespaces("host_namespaces = [\"pid\", \"uts\"]"),
        0b1110_1010
    );
    let filesystems = |lines: &str| profile(lines).filesystems;
    assert_eq!(filesystems(""), 0);
    assert_eq!(
        filesystems("kernel_filesystems = [\"sysfs\", \"debugfs\"]"),
        0b1001
    );
    line(
        "host_namespaces = [\"mnt\"]",
        "3:20: unknown namespace \"mnt\" in `host_namespaces`",
    );
    line(
        "host_namespaces = [\"pid\", \"pid\"]",
        "3:27: namespace \"pid\" is here twice",
    );
    line(
        "kernel_filesystems = [\"debugf\"]",
        "3:23: unknown kernel filesystem \"debugf\" in `kernel_filesystems`, did you mean \
         `debugfs`?",
    );
    line(
        "kernel_filesystems = [\"bpf\", \"bpf\"]",
        "3:30: kernel filesystem \"bpf\" is here twice",
    );
}

#[test]
fn what_has_two_words_has_no_third() {
    for (key, ask, skip, rule) in [
        ("proc_mount", "default", "unmasked", rules::PROC_MOUNT),
        ("seccomp", "required", "any", rules::SECCOMP),
        ("no_new_privs", "required", "any", rules::NO_NEW_PRIVS),
        ("user", "non-root", "any", rules::ROOT_USER),
    ] {
        let is_off = |word: &str| {
            profile(&format!("{key} = \"{word}\""))
                .allowed
                .contains(rule)
        };
        assert!(!is_off(ask) && is_off(skip), "{key}");
        let column = key.len() + 4;
        line(
            &format!("{key} = \"x\""),
            &format!("3:{column}: `{key}` is \"x\", must be \"{ask}\" or \"{skip}\""),
        );
    }
}

#[test]
fn devices_are_nodes_that_are_there() {
    let found = profile("devices = [\"/dev/sdb\"]").devices;
    let expected = Device {
        path: "/dev/sdb".into(),
        block: false,
        dev: 1 << 20 | 3,
    };
    assert_eq!(found, [expected], "the test's host has /dev/null there");
    line("devices = [\"sdb\"]", "3:12: device \"sdb\" is relative");
    line(
        "devices = [\"/dev/../sdb\"]",
        "3:12: device \"/dev/../sdb\" goes through `..`",
    );
    line(
        "devices = [\"/dev/sdz\"]",
        "3:12: device \"/dev/sdz\" does not exist",
    );
    line(
        "devices = [\"/srv\"]",
        "3:12: \"/srv\" is neither a block nor a character device",
    );
    line(
        "devices = [\"/dev/sdb\", \"/dev//sdb\"]",
        "3:24: device \"/dev//sdb\" is here twice",
    );
    line(
        "devices = \"/dev/sdb\"",
        "3:11: `devices` is a string, must be a list of strings",
    );
}

/// What people write who know other tools is told what it is called here.
#[test]
fn other_words_are_told_what_is_right() {
    let hint = |text: &str, part: &str| {
        let error = read(text).unwrap_err();
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains(part), "{text}: {error}, {hint:?}");
    };
    let profile = |line: &str| format!("[[profile]]\nname = \"baseline\"\n{line}");
    hint("default = restricted", "in quotes: \"restricted\"");
    hint(&profile("image = \"x\""), "belongs to an [[assign]]");
    hint(&profile("existing = \"stop\""), "stands before every");
    hint(
        "[[assign]]\nname = \"x\"\nseccomp = \"any\"",
        "belongs to a [[profile]]",
    );
    hint(&profile("privileged = true"), "extends = \"privileged\"");
    hint(&profile("no_new_privs = true"), "\"required\" or \"any\"");
    hint(
        &profile("host_paths = [{ path = \"/srv:/x:ro\" }]"),
        "the host's path alone",
    );
    hint(
        &profile("host_paths = [{ path = \"/srv/*\" }]"),
        "no patterns",
    );
    let meant = |line: &str, part: &str| {
        let error = read(&profile(line)).unwrap_err().to_string();
        assert!(error.contains(part), "{line}: {error}");
    };
    meant("capabilities.add = [\"NET_BIND\"]", "`NET_BIND_SERVICE`?");
    meant("allowPrivilegeEscalation = false", "`no_new_privs`?");
    meant("host_paths = [{ path = \"/srv\", ro = true }]", "`access`?");
    meant("host_namespaces = [\"hostPID\"]", "`pid`?");
}
