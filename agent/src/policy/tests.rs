//! Whole files in, a policy or one exact message out.

use probe_common::{container::bit, rule::rules};

use super::*;

fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("srv/data")).unwrap();
    std::fs::create_dir_all(root.path().join("etc/bulkhead")).unwrap();
    root
}

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
    assert_eq!(policy.host_paths, expected);
    // PathBuf compares by components; what is shown must be tidy too.
    assert_eq!(policy.host_paths[0].path.to_str(), Some("/srv/data"));
}

#[test]
fn an_empty_file_is_the_built_in_policy() {
    let policy = read("").unwrap();
    assert_eq!(policy.mode, Mode::Enforce);
    assert!(policy.host_paths.is_empty());
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
fn only_baseline_exists() {
    let message = "unknown profile \"restricted\": only \"baseline\" exists in this version";
    wrong(
        "default = \"restricted\"",
        &format!("p.toml:1:11: {message}"),
    );
    wrong(
        "[[profile]]\nname = \"restricted\"",
        &format!("p.toml:2:8: {message}"),
    );
    wrong("[[profile]]\n", "p.toml:1:1: profile has no `name`");
    let twice = "[[profile]]\nname = \"baseline\"\n[[profile]]\nname = \"baseline\"";
    wrong(twice, "p.toml:4:8: profile \"baseline\" is here twice");
    wrong(
        "profile = \"x\"",
        "p.toml:1:11: `profile` is a string, must be a list of tables",
    );
}

#[test]
fn what_comes_later_is_named() {
    wrong(
        "[[assign]]\nimage = \"x\"",
        "p.toml:1:3: `assign` is not supported by this version",
    );
    wrong(
        "host_paths = []",
        "p.toml:1:1: `host_paths` belongs to a profile",
    );
    let capabilities = "[[profile]]\nname = \"baseline\"\ncapabilities.add = []";
    wrong(
        capabilities,
        "p.toml:3:1: `capabilities` is not supported by this version",
    );
    let extends = "[[profile]]\nname = \"baseline\"\nextends = \"privileged\"";
    wrong(
        extends,
        "p.toml:3:1: `extends` is not supported by this version",
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
        "3:15: `host_paths` is a string, must be a list of tables",
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
        "mode = \"enforce\" # ünï\n[[profile]]\nname = \"bäseline\"",
        "p.toml:3:8: unknown profile \"bäseline\": only \"baseline\" exists in this version",
    );
}

fn allowed(line: &str) -> Allowed {
    read(&format!("[[profile]]\nname = \"baseline\"\n{line}"))
        .unwrap()
        .allowed
}

#[test]
fn a_list_of_allowed_rules_replaces_the_default() {
    let default = read("").unwrap().allowed;
    assert_eq!(default, allowed(""));
    assert_eq!(default.bits(), bit(rules::USER_NAMESPACE));
    assert_eq!(allowed("contain.allow = []"), Allowed::NOTHING);
    let both = allowed("contain.allow = [\"mount\", \"device\"]");
    assert_eq!(both.bits(), bit(rules::MOUNT) | bit(rules::DEVICE));
    assert!(both.contains(rules::DEVICE) && !both.contains(rules::USER_NAMESPACE));
    assert_eq!(
        allowed("[profile.contain]\nallow = [\"mount\", \"device\"]"),
        both
    );
}

#[test]
fn every_rule_of_containment_can_be_allowed() {
    for (rule, name) in rules::ALL {
        let line = format!("[[profile]]\nname = \"baseline\"\ncontain.allow = [\"{name}\"]");
        match *rule {
            rules::HOST_PATH | rules::BLOCK_DEVICE => wrong(
                &line,
                &format!(
                    "p.toml:3:18: rule \"{name}\" cannot be allowed here: it is about what enters \
                     a container"
                ),
            ),
            rule => assert_eq!(read(&line).unwrap().allowed.bits(), bit(rule), "{name}"),
        }
    }
}

#[test]
fn a_wrong_rule_names_the_right_one() {
    #[track_caller]
    fn line(line: &str, message: &str) {
        wrong(
            &format!("[[profile]]\nname = \"baseline\"\n{line}"),
            &format!("p.toml:{message}"),
        );
    }
    line(
        "contain.allow = [\"mount\", \"divice\"]",
        "3:27: unknown rule \"divice\" in `contain.allow`, did you mean `device`?",
    );
    line(
        "contain.allow = [\"everything\"]",
        "3:18: unknown rule \"everything\" in `contain.allow`",
    );
    line(
        "contain.allow = [\"mount\", \"bpf\", \"mount\"]",
        "3:27: unknown rule \"bpf\" in `contain.allow`",
    );
    line(
        "contain.allow = [\"mount\", \"mount\"]",
        "3:27: rule \"mount\" is here twice",
    );
    line(
        "contain.allow = \"mount\"",
        "3:17: `allow` is a string, must be a list of strings",
    );
    line(
        "contain.allow = [1]",
        "3:18: `allow` is an integer, must be a list of strings",
    );
    line(
        "contain = [\"mount\"]",
        "3:11: `contain` is a list, must be a table",
    );
    line(
        "contain.alow = []",
        "3:9: unknown key `alow`, did you mean `allow`?",
    );
    let error = read("[[profile]]\nname = \"baseline\"\ncontain.allow = [\"x\"]").unwrap_err();
    let hint = error.hint().unwrap();
    assert!(
        hint.starts_with("rules that can be allowed: mount, setns, "),
        "{hint}"
    );
    assert!(!hint.contains("host-path"), "{hint}");
}

#[test]
fn every_example_reads() {
    let root = tempfile::tempdir().unwrap();
    for path in ["srv/data", "srv/backup", "run"] {
        std::fs::create_dir_all(root.path().join(path)).unwrap();
    }
    std::fs::write(root.path().join("run/docker.sock"), "").unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut read = 0;
    for example in std::fs::read_dir(examples).unwrap() {
        let path = example.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            load(Some(&path), root.path()).unwrap();
            read += 1;
        }
    }
    assert!(read >= 5, "{read} examples");
    let nested = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/docker-in-docker.toml");
    let allowed = load(Some(&nested), root.path()).unwrap().allowed;
    assert!(allowed.contains(rules::MOUNT));
}
