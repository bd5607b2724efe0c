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
    wrong(
        "[[profile]]\nname = \"restricted\"",
        "p.toml:2:8: profile \"restricted\" belongs to a later version",
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
    assert_eq!(policy.profiles["files"].allowed, Allowed::NOTHING);
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

fn container(image: &str, name: &str, label: (&str, &str)) -> Info {
    Info {
        image: Some(image.to_owned()),
        name: Some(name.to_owned()),
        runtime: Some("docker"),
        labels: BTreeMap::from([(label.0.to_owned(), label.1.to_owned())]),
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}

const ASSIGNED: &str = r#"
[[profile]]
name = "backup"
[[profile]]
name = "ci"
[[assign]]
image = "registry.example/backup:*"
profile = "backup"
[[assign]]
label."com.example.role" = "ci"
runtime = "docker"
profile = "ci"
mode = "audit"
[[assign]]
name = "web-?"
profile = "ci"
"#;

#[test]
fn the_first_assign_that_fits_counts() {
    let policy = read(ASSIGNED).unwrap();
    let grant = |info: &Info| {
        let Grant { profile, mode } = policy.grant(info);
        (profile, mode)
    };
    let backup = container("registry.example/backup:2", "x", ("com.example.role", "ci"));
    assert_eq!(grant(&backup), ("backup".into(), Mode::Enforce));
    let ci = container("busybox", "web-1", ("com.example.role", "ci"));
    assert_eq!(grant(&ci), ("ci".into(), Mode::Audit));
    let web = container("busybox", "web-1", ("role", "ci"));
    assert_eq!(grant(&web), ("ci".into(), Mode::Enforce));
    let other = container("busybox", "web-10", ("role", "ci"));
    assert_eq!(grant(&other), ("baseline".into(), Mode::Enforce));
    let unknown = Info {
        lookup: Lookup::Pending,
        ..backup
    };
    assert_eq!(
        grant(&unknown),
        ("baseline".into(), Mode::Enforce),
        "not known yet"
    );
    assert_eq!(policy.clone().audited().grant(&web).mode, Mode::Audit);
}

#[test]
fn an_assign_has_conditions_that_can_be_met() {
    #[track_caller]
    fn assign(lines: &str, message: &str) {
        wrong(
            &format!("[[assign]]\n{lines}"),
            &format!("p.toml:{message}"),
        );
    }
    assign("name = \"x\"", "1:1: assign has no `profile`");
    assign("profile = \"baseline\"", "1:1: `assign` has no condition");
    assign(
        "name = \"x\"\nprofile = \"basline\"",
        "3:11: unknown profile \"basline\", did you mean `baseline`?",
    );
    assign(
        "nam = \"x\"\nprofile = \"baseline\"",
        "2:1: unknown key `nam`, did you mean `name`?",
    );
    assign(
        "runtime = \"dockr\"\nprofile = \"baseline\"",
        "2:11: `runtime` is \"dockr\", must be \"containerd\" or \"cri-o\" or \"crun\" or \
         \"docker\" or \"podman\" or \"runc\" or \"youki\"",
    );
    assign(
        "label = \"x\"\nprofile = \"baseline\"",
        "2:9: `label` is a string, must be a table",
    );
    assign(
        "label.x = 1\nprofile = \"baseline\"",
        "2:11: `label` is an integer, must be a string",
    );
    let error = read("[[assign]]\nname = \"[x\"\nprofile = \"baseline\"").unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("p.toml:2:8: \"[x\" is no pattern: "),
        "{error}"
    );
    let never = "this `assign` never fits: one before it fits every container that it would";
    let first = "name = \"x\"\nprofile = \"baseline\"\n[[assign]]\n";
    assign(
        &format!("{first}name = \"x\"\nruntime = \"docker\"\nprofile = \"baseline\""),
        &format!("4:1: {never}"),
    );
}

#[test]
fn what_comes_later_is_named() {
    wrong(
        "host_paths = []",
        "p.toml:1:1: `host_paths` belongs to a profile",
    );
    let capabilities = "[[profile]]\nname = \"baseline\"\ncapabilities.add = []";
    wrong(
        capabilities,
        "p.toml:3:1: `capabilities` is not supported by this version",
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
        "[[profile]]\nname = \"a\"\nhost_paths = [{ path = \"/ü\", acces = \"ro\" }]",
        "p.toml:3:30: unknown key `acces`, did you mean `access`?",
    );
}

fn allowed(line: &str) -> Allowed {
    read(&format!("[[profile]]\nname = \"baseline\"\n{line}"))
        .unwrap()
        .default_profile()
        .allowed
}

#[test]
fn a_list_of_allowed_rules_replaces_the_default() {
    let default = read("").unwrap().default_profile().allowed;
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
            rule => assert_eq!(
                read(&line).unwrap().default_profile().allowed.bits(),
                bit(rule),
                "{name}"
            ),
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
    let policy = load(Some(&nested), root.path()).unwrap();
    assert!(policy.profiles["ci"].allowed.contains(rules::MOUNT));
    assert!(!policy.default_profile().allowed.contains(rules::MOUNT));
}
