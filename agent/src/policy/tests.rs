//! Whole files in, a policy or one exact message out.

mod assigns;
mod broken;
mod contain;
mod extends;
mod folder;
mod lint;
mod settings;

use probe_common::{admission::RULES, rule::rules};

use super::{schema::tests::host, *};

fn read(text: &str) -> Result<Policy, PolicyError> {
    parse(text, Path::new("p.toml"), host().path())
}

#[track_caller]
fn wrong(text: &str, message: &str) {
    let error = read(text).unwrap_err().to_string();
    assert_eq!(error, message, "{text}");
}

#[test]
fn the_example_reads() {
    let policy = read(
        r#"
mode = "audit"
default = "baseline"

[[profile]]
name = "baseline"
host_paths = [{ path = "/srv//data/", access = "rw" }, { path = "/srv" }]
"#,
    )
    .unwrap();
    assert_eq!(policy.mode, Mode::Audit);
    let expected =
        [("/srv/data", Access::Rw), ("/srv", Access::Ro)].map(|(path, access)| HostPath {
            path: path.into(),
            access,
        });
    assert_eq!(policy.default_profile().host_paths, expected);
    // PathBuf compares by components; what is shown must be tidy too.
    assert_eq!(
        policy.default_profile().host_paths[0].path.to_str(),
        Some("/srv/data")
    );
}

#[test]
fn an_empty_file_is_the_built_in_policy() {
    let policy = read("").unwrap();
    assert_eq!(policy.mode, Mode::Enforce);
    assert!(policy.default_profile().host_paths.is_empty());
}

#[test]
fn no_file_is_the_built_in_policy_unless_one_was_named() {
    let root = host();
    assert_eq!(load(None, root.path()).unwrap(), Policy::default());
    let named = root.path().join("missing.toml");
    assert!(matches!(
        load(Some(&named), root.path()),
        Err(PolicyError::Unreadable { .. })
    ));
    let file = root.path().join("etc/bulkhead/policy.toml");
    std::fs::write(&file, "mode = \"audit\"").unwrap();
    let policy = load(None, root.path()).unwrap();
    assert_eq!((policy.mode, policy.file), (Mode::Audit, Some(file)));
}

#[test]
fn a_wrong_word_names_the_right_one() {
    wrong(
        "\nmoed = \"audit\"",
        "p.toml:2:1: unknown key `moed`, did you mean `mode`?",
    );
    wrong("zzzzzz = 1", "p.toml:1:1: unknown key `zzzzzz`");
    wrong(
        "mode = \"enforced\"",
        "p.toml:1:8: `mode` is \"enforced\", must be \"enforce\" or \"audit\"",
    );
    wrong(
        "mode = 1",
        "p.toml:1:8: `mode` is an integer, must be a string",
    );
    wrong(
        "[[profile]]\nname = \"baseline\"\nhostpaths = []",
        "p.toml:3:1: unknown key `hostpaths`, did you mean `host_paths`?",
    );
}

#[test]
fn profiles_have_names_that_are_known() {
    wrong(
        "default = \"basline\"",
        "p.toml:1:11: unknown profile \"basline\", did you mean `baseline`?",
    );
    wrong("[[profile]]\n", "p.toml:1:1: profile has no `name`");
    let twice = "[[profile]]\nname = \"web\"\n[[profile]]\nname = \"web\"";
    wrong(twice, "p.toml:4:8: profile \"web\" is here twice");
    wrong(
        "profile = \"x\"",
        "p.toml:1:11: `profile` is a string, must be a list of tables",
    );
}

#[test]
fn settings_of_a_profile_belong_to_one() {
    wrong(
        "host_paths = []",
        "p.toml:1:1: `host_paths` belongs to a profile",
    );
}

#[test]
fn containers_that_ran_already_are_reported_or_stopped() {
    assert_eq!(read("").unwrap().existing, Existing::Report);
    let stop = read("existing = \"stop\"").unwrap();
    assert_eq!(stop.existing, Existing::Stop);
    wrong(
        "existing = \"kill\"",
        "p.toml:1:12: `existing` is \"kill\", must be \"report\" or \"stop\"",
    );
}

#[test]
fn host_paths_are_absolute_there_and_once() {
    #[track_caller]
    fn entry(entries: &str, message: &str) {
        wrong(
            &format!("[[profile]]\nname = \"baseline\"\nhost_paths = [{entries}]"),
            &format!("p.toml:{message}"),
        );
    }
    entry("{ path = \"srv\" }", "3:24: host path \"srv\" is relative");
    entry("{ path = \"\" }", "3:24: host path \"\" is relative");
    entry(
        "{ path = \"/srv/../etc\" }",
        "3:24: host path \"/srv/../etc\" goes through `..`",
    );
    entry(
        "{ path = \"/nowhere\" }",
        "3:24: host path \"/nowhere\" does not exist",
    );
    entry(
        "{ path = \"/run/docker.sock/x\" }",
        "3:24: cannot look at host path \"/run/docker.sock/x\": Not a directory (os error 20)",
    );
    entry(
        "{ path = \"/srv\" }, { path = \"/srv/\" }",
        "3:43: host path \"/srv/\" is here twice",
    );
    entry(
        "{ path = \"/srv\", access = \"wr\" }",
        "3:41: `access` is \"wr\", must be \"ro\" or \"rw\"",
    );
    entry(
        "{ acces = \"ro\" }",
        "3:17: unknown key `acces`, did you mean `access`?",
    );
    entry(
        "{ access = \"ro\" }",
        "3:15: an entry of `host_paths` has no `path`",
    );
    entry(
        "\"/srv\"",
        "3:15: an entry of `host_paths` is a string, must be a table",
    );
}

#[test]
fn another_shape_is_shown() {
    for (text, shape) in [
        (
            "[[profile]]\nname = \"a\"\nhost_paths = [\"/srv\"]",
            "host_paths = [{ path =",
        ),
        ("[profile]\nname = \"a\"", "[[profile]]"),
        (
            "[[assign]]\nprofile = \"baseline\"\nimage = [\"a\", \"b\"]",
            "\"{web,db}-*\"",
        ),
        (
            "[[profile]]\nname = \"a\"\nhost_namespaces = \"pid\"",
            "in brackets",
        ),
    ] {
        let hint = read(text).unwrap_err().hint().unwrap();
        assert!(hint.contains(shape), "{text}: {hint}");
    }
    wrong(
        "mode = \"audit\"\nmode = \"enforce\"",
        "p.toml:2:1: key `mode` is here twice",
    );
    wrong(
        "[assign]\nname = \"a\"\n[assign]\n",
        "p.toml:3:2: key `assign` is here twice: write [[assign]] for each",
    );
    wrong(
        "[[profile]]\nname = \"a\"\nhost_namespaces = [\"network\"]",
        "p.toml:3:20: unknown namespace \"network\" in `host_namespaces`, did you mean `net`?",
    );
}

#[test]
fn broken_toml_has_a_place_too() {
    let error = read("mode = \nx").unwrap_err().to_string();
    assert!(
        error.starts_with("p.toml:2:2: key with no value"),
        "{error}"
    );
    let twice = read("mode = \"audit\"\nmode = \"audit\"")
        .unwrap_err()
        .to_string();
    assert!(twice.starts_with("p.toml:2:1: "), "{twice}");
}

#[test]
fn columns_count_characters() {
    wrong(
        "[[profile]]\nname = \"a\"\nhost_paths = [{ path = \"/ü\", acces = \"ro\" }]",
        "p.toml:3:30: unknown key `acces`, did you mean `access`?",
    );
}

#[test]
fn a_hint_is_one_thing_to_do() {
    #[track_caller]
    fn hint(text: &str, wanted: &str) {
        let hint = read(text).unwrap_err().hint().unwrap_or_default();
        assert!(hint.starts_with(wanted), "{text}: {hint}");
    }
    let profile = |line: &str| format!("[[profile]]\nname = \"restricted\"\n{line}");
    hint(
        "user = \"any\"",
        "write user below the name of a [[profile]]",
    );
    hint("[[profile]]", "write name = \"web\"");
    hint("[[assign]]\nname = \"x\"", "write profile = \"NAME\"");
    hint(
        "[[assign]]\nprofile = \"baseline\"",
        "give it an image, name, label",
    );
    hint(&profile("extends = \"a\""), "choose another name, or take");
    for (rule, _) in rules::ALL.iter().filter(|(rule, _)| RULES.contains(rule)) {
        let name = rules::name(*rule).unwrap();
        let line = format!("contain.allow = [\"{name}\"]");
        hint(&profile(&line), "`");
    }
    hint(
        &profile("devices = [\"sdb\"]"),
        "write the whole path, from /",
    );
    hint(
        &profile("devices = [\"/srv\"]"),
        "directories and files go into",
    );
    hint(&profile("devices = [\"/dev/no\"]"), "create it first");
    hint(
        &profile("host_paths = [{}]"),
        "write { path = \"/srv/data\"",
    );
    for (line, wanted) in [
        (
            "host_namespaces = [\"x\"]",
            "namespaces that can be the host's: pid, net, ",
        ),
        (
            "kernel_filesystems = [\"x\"]",
            "kernel filesystems that can be allowed: sysfs, ",
        ),
        (
            "capabilities.add = [\"x\"]",
            "capabilities that there are: CHOWN, ",
        ),
        (
            "contain.allow = [\"x\"]",
            "rules that can be allowed: mount, setns, ",
        ),
        (
            "capabilities = { add = [\"KILL\"], drop = [\"KILL\"] }",
            "take it out of one of them",
        ),
    ] {
        hint(&profile(line), wanted);
    }
}
