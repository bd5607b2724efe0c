//! The schema and the parser check each other.

use std::path::Path;

use jsonschema::Validator;

use super::schema;
use crate::{policy::parse, repository};

fn validator() -> Validator {
    jsonschema::validator_for(schema().as_value()).unwrap()
}

/// A host with all that the examples name.
pub(in crate::policy) fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let here = |path: &str| root.path().join(path);
    for folder in [
        "srv/data",
        "srv/backup",
        "srv/uploads",
        "run",
        "dev",
        "etc/bulkhead",
    ] {
        std::fs::create_dir_all(here(folder)).unwrap();
    }
    std::fs::write(here("run/docker.sock"), "").unwrap();
    std::os::unix::fs::symlink("/dev/null", here("dev/sdb")).unwrap();
    root
}

/// Whether the schema takes it.
#[track_caller]
fn fits_schema(text: &str) -> Result<(), String> {
    let value: serde_json::Value = toml::from_str(text).map_err(|e| e.to_string())?;
    validator().validate(&value).map_err(|e| e.to_string())
}

#[track_caller]
fn parses(text: &str) -> Result<(), String> {
    let parsed = parse(text, Path::new("p.toml"), host().path());
    parsed.map(drop).map_err(|e| e.to_string())
}

#[track_caller]
fn both_take(text: &str) {
    assert_eq!(parses(text), Ok(()), "{text}");
    assert_eq!(fits_schema(text), Ok(()), "{text}");
}

#[test]
fn the_schema_file_is_up_to_date() {
    repository::has_schema("docs/policy.schema.json", &schema());
}

#[test]
fn every_example_is_taken_by_both() {
    let examples = std::fs::read_dir(repository::file("policies")).unwrap();
    for example in examples {
        both_take(&std::fs::read_to_string(example.unwrap().path()).unwrap());
    }
    both_take(&repository::text("packaging/policy.toml"));
    let pages = [
        "docs/policy.md",
        "docs/commands.md",
        "docs/rules.md",
        "README.md",
        "SECURITY.md",
    ];
    let pages = pages.map(repository::text);
    let blocks: Vec<_> = pages
        .iter()
        .flat_map(|page| page.split("```toml\n").skip(1))
        .collect();
    assert!(blocks.len() >= 3, "{} blocks", blocks.len());
    for block in blocks {
        both_take(block.split("```").next().unwrap());
    }
}

/// Lines of a profile.
const PROFILES: &[&str] = &[
    "hostpaths = []",
    "host_paths = [\"/srv\"]",
    "host_paths = [{ path = \"srv\" }]",
    "host_paths = [{ path = \"/srv/../etc\" }]",
    "host_paths = [{ access = \"ro\" }]",
    "host_paths = [{ path = \"/srv\", access = \"wr\" }]",
    "devices = [\"sdb\"]",
    "devices = \"/dev/sdb\"",
    "devices = [\"/dev/sdb\", \"/dev/sdb\"]",
    "capabilities = [\"SYS_ADMIN\"]",
    "capabilities.ad = []",
    "capabilities.add = [21]",
    "capabilities.add = [\"SYS ADMIN\"]",
    "capabilities.drop = [\"KILL\", \"KILL\"]",
    "host_namespaces = [\"mnt\"]",
    "host_namespaces = [\"pid\", \"pid\"]",
    "kernel_filesystems = [\"proc\"]",
    "proc_mount = \"masked\"",
    "seccomp = true",
    "no_new_privs = \"yes\"",
    "user = \"root\"",
    "contain.allow = [\"divice\"]",
    "contain.allow = [\"host-path\"]",
    "contain.allow = [\"mount\", \"mount\"]",
    "contain.alow = []",
];

const WHOLE: &[&str] = &[
    "moed = \"audit\"",
    "mode = \"enforced\"",
    "existing = \"kill\"",
    "default = 1",
    "host_paths = []",
    "allow_missing = [\"seccomp\"]",
    "profile = \"x\"",
    "[[profile]]",
    "[[profile]]\nname = \"baseline\"\nextends = \"restricted\"",
    "[[profile]]\nname = \"privileged\"\nextends = \"baseline\"",
    "[[assign]]\nname = \"x\"",
    "[[assign]]\nprofile = \"baseline\"",
    "[[assign]]\nlabel = {}\nprofile = \"baseline\"",
    "[[assign]]\nlabel = \"x\"\nprofile = \"baseline\"",
    "[[assign]]\npod_label.x = 1\nprofile = \"baseline\"",
    "[[assign]]\nruntime = \"dockr\"\nprofile = \"baseline\"",
    "[[assign]]\nname = \"x\"\nmode = \"off\"\nprofile = \"baseline\"",
];

#[test]
fn both_refuse_what_a_schema_can_know() {
    both_take("[[profile]]\nname = \"a\"\n");
    let profiles = PROFILES
        .iter()
        .map(|line| format!("[[profile]]\nname = \"a\"\n{line}"));
    for text in profiles.chain(WHOLE.iter().map(|text| (*text).to_owned())) {
        assert!(parses(&text).is_err(), "the parser takes {text}");
        assert!(fits_schema(&text).is_err(), "the schema takes {text}");
    }
}
