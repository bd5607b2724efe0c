//! What profiles have from one another.

use probe_common::{
    admission::{self, DOCKERS, Facts, NET_BIND_SERVICE, RULES, decide},
    container::bit,
    rule::rules,
};

use super::*;

/// What `baseline` does not ask when a container starts.
const UNASKED: u32 = bit(rules::SECCOMP) | bit(rules::NO_NEW_PRIVS) | bit(rules::ROOT_USER);

#[test]
fn a_profile_has_what_it_extends() {
    let policy = read(
        r#"
default = "web"
[[profile]]
name = "web"
extends = "files"
contain.allow = ["mount"]
[[profile]]
name = "files"
host_paths = [{ path = "/srv", access = "rw" }]
[[profile]]
name = "baseline"
host_paths = [{ path = "/srv" }, { path = "/srv/data" }]
contain.allow = []
"#,
    )
    .unwrap();
    let paths = |name: &str| -> Vec<_> {
        let paths = policy.profiles[name].host_paths.iter();
        let mut paths: Vec<_> = paths
            .map(|p| (p.path.to_str().unwrap(), p.access))
            .collect();
        paths.sort_by_key(|(path, _)| *path);
        paths
    };
    assert_eq!(
        paths("baseline"),
        [("/srv", Access::Ro), ("/srv/data", Access::Ro)]
    );
    assert_eq!(
        paths("web"),
        [("/srv", Access::Rw), ("/srv/data", Access::Ro)]
    );
    assert_eq!(paths("files"), paths("web"));
    assert_eq!(policy.profiles["files"].allowed.bits(), UNASKED);
    assert!(policy.default_profile().allowed.contains(rules::MOUNT));
}

#[test]
fn profiles_extend_what_is_there_and_no_circle() {
    let one = |line: &str| format!("[[profile]]\nname = \"a\"\n{line}");
    wrong(
        &one("extends = \"baselin\""),
        "p.toml:3:11: unknown profile \"baselin\", did you mean `baseline`?",
    );
    wrong(
        &one("extends = \"b\"\n[[profile]]\nname = \"b\"\nextends = \"a\""),
        "p.toml:6:11: profiles extend one another: a → b → a",
    );
    wrong(
        &one("extends = \"a\""),
        "p.toml:3:11: profiles extend one another: a → a",
    );
    wrong(
        "[[profile]]\nname = \"baseline\"\nextends = \"baseline\"",
        "p.toml:3:11: `baseline` extends nothing: it is what the others extend",
    );
}

#[test]
fn a_built_in_name_extends_nothing_else() {
    wrong(
        "[[profile]]\nname = \"restricted\"\nextends = \"privileged\"",
        "p.toml:3:11: `restricted` is built in: it extends `baseline`, and nothing else",
    );
}

/// A container as Docker starts it, and one with everything.
const PLAIN: Facts = Facts {
    capabilities: DOCKERS,
    namespaces: 0b1110_1000 & !(1 << 5),
    filesystems: 0,
    broken: bit(rules::NO_NEW_PRIVS) | bit(rules::ROOT_USER),
};
const EVERYTHING: Facts = Facts {
    capabilities: (1 << 41) - 1,
    namespaces: 0xff,
    filesystems: 0x3ff,
    broken: u32::MAX,
};

fn refused(profile: &Profile, facts: &Facts) -> Vec<&'static str> {
    let violations = decide(&profile.admission(), facts).rules;
    let all = rules::ALL.iter();
    all.filter(|(rule, _)| RULES.contains(rule) && violations & bit(*rule) != 0)
        .map(|(_, name)| *name)
        .collect()
}

#[test]
fn the_built_in_profiles_are_the_standards() {
    let policy = Policy::default();
    assert_eq!(
        policy,
        read("").map(|p| Policy { file: None, ..p }).unwrap()
    );
    let refused = |name: &str, facts| refused(&policy.profiles[name], facts);
    assert_eq!(refused("baseline", &PLAIN), [""; 0]);
    assert_eq!(refused("privileged", &EVERYTHING), [""; 0]);
    assert_eq!(
        refused("restricted", &PLAIN),
        ["capabilities", "no-new-privs", "root-user"]
    );
    assert_eq!(
        refused("baseline", &EVERYTHING),
        [
            "host-path",
            "block-device",
            "capabilities",
            "host-namespace",
            "kernel-filesystem",
            "proc-mount"
        ]
    );
    assert_eq!(refused("restricted", &EVERYTHING).len(), RULES.len());
    let restricted = &policy.profiles["restricted"];
    assert_eq!(restricted.capabilities, NET_BIND_SERVICE);
    assert_eq!(restricted.allowed, Allowed::NOTHING);
    let contained = policy.profiles["privileged"].allowed;
    assert!(contained.contains(rules::USER_NAMESPACE) && !contained.contains(rules::MOUNT));
}

#[test]
fn a_missing_profile_allows_nothing() {
    let policy = Policy {
        default: "gone".to_owned(),
        ..Policy::default()
    };
    assert_eq!(*policy.default_profile(), Profile::default());
    assert_eq!(*policy.default_profile(), Profile::NOTHING);
    let refused = refused(policy.default_profile(), &EVERYTHING);
    assert_eq!(refused.len(), admission::RULES.len());
}

#[test]
fn what_privileged_does_not_ask_can_be_asked_again() {
    let policy = read(
        r#"
default = "ci"
[[profile]]
name = "ci"
extends = "privileged"
seccomp = "required"
user = "non-root"
proc_mount = "default"
no_new_privs = "required"
capabilities.drop = ["SYS_MODULE"]
"#,
    )
    .unwrap();
    assert_eq!(
        refused(policy.default_profile(), &EVERYTHING),
        [
            "capabilities",
            "proc-mount",
            "seccomp",
            "no-new-privs",
            "root-user"
        ]
    );
}

#[test]
fn a_changed_baseline_changes_what_extends_it() {
    let policy = read(
        r#"
[[profile]]
name = "baseline"
capabilities.drop = ["NET_RAW"]
host_namespaces = ["net"]
contain.allow = []
[[profile]]
name = "restricted"
user = "any"
"#,
    )
    .unwrap();
    let profile = |name: &str| &policy.profiles[name];
    assert_eq!(profile("baseline").capabilities, DOCKERS & !(1 << 13));
    assert_eq!(
        profile("restricted").namespaces,
        profile("baseline").namespaces
    );
    assert!(profile("restricted").allowed.contains(rules::ROOT_USER));
    assert!(!profile("restricted").allowed.contains(rules::SECCOMP));
    assert!(
        !profile("privileged")
            .allowed
            .contains(rules::USER_NAMESPACE)
    );
}
