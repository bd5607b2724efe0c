//! `policy.d`, after the main file.

use super::*;

struct Host(tempfile::TempDir);

impl Host {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = host();
        for (name, text) in files {
            let path = root.path().join("etc/bulkhead").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(root)
    }

    fn load(&self) -> Result<Policy, String> {
        load(None, self.0.path()).map_err(|e| {
            let folder = self.0.path().join("etc/bulkhead");
            e.to_string().replace(&format!("{}/", folder.display()), "")
        })
    }
}

const CI: &str = "[[profile]]\nname = \"ci\"\n[[assign]]\nimage = \"ci\"\nprofile = \"ci\"";

#[test]
fn later_files_add_profiles_and_assigns() {
    let host = Host::new(&[
        (
            "policy.toml",
            "default = \"web\"\n[[assign]]\nimage = \"web\"\nprofile = \"ci\"",
        ),
        (
            "policy.d/20-web.toml",
            "mode = \"audit\"\n[[profile]]\nname = \"web\"\nextends = \"ci\"",
        ),
        ("policy.d/10-ci.toml", CI),
        ("policy.d/.10-ci.toml.swp", "not read"),
        ("policy.d/.hidden.toml", "not read"),
        ("policy.d/README", "not read"),
    ]);
    let policy = host.load().unwrap();
    assert_eq!((policy.mode, &*policy.default), (Mode::Audit, "web"));
    assert_eq!(policy.assigns.len(), 2);
    assert_eq!(policy.profiles.len(), 5);
    assert!(policy.file.unwrap().ends_with("etc/bulkhead/policy.toml"));
}

#[test]
fn the_folder_is_enough() {
    let host = Host::new(&[("policy.d/ci.toml", CI)]);
    let policy = host.load().unwrap();
    let (file, at) = policy.assigns[0].at.clone().unwrap();
    assert!(file.ends_with("policy.d/ci.toml"));
    assert_eq!(at.to_string(), "3:1");
    assert!(policy.file.unwrap().ends_with("policy.d/ci.toml"));
}

#[test]
fn a_named_file_has_its_own_folder() {
    let host = Host::new(&[
        ("mine.toml", ""),
        ("mine.d/ci.toml", CI),
        ("policy.d/x.toml", "wrong"),
        ("mine.conf", ""),
    ]);
    let mine = host.0.path().join("etc/bulkhead/mine.toml");
    assert_eq!(load(Some(&mine), host.0.path()).unwrap().assigns.len(), 1);
    let other = host.0.path().join("etc/bulkhead/mine.conf");
    assert!(
        load(Some(&other), host.0.path())
            .unwrap()
            .assigns
            .is_empty()
    );
}

#[test]
fn mistakes_are_in_the_right_file() {
    #[track_caller]
    fn refused(main: &str, more: &str, message: &str) {
        let host = Host::new(&[("policy.toml", main), ("policy.d/a.toml", more)]);
        assert_eq!(host.load(), Err(message.to_owned()));
    }
    refused(
        "",
        "\nmoed = 1",
        "policy.d/a.toml:2:1: unknown key `moed`, did you mean `mode`?",
    );
    refused(
        "",
        "mode =",
        "policy.d/a.toml:1:7: string values must be quoted, expected literal string",
    );
    for (key, value) in [
        ("mode", "\"audit\""),
        ("default", "\"baseline\""),
        ("allow_missing", "[]"),
    ] {
        let text = format!("{key} = {value}");
        refused(
            &format!("\n{text}"),
            &text,
            &format!("policy.d/a.toml:1:1: `{key}` is said twice, first at policy.toml:2:1"),
        );
    }
    refused(
        CI,
        CI,
        "policy.d/a.toml:2:8: profile \"ci\" is here twice, first at policy.toml:2:8",
    );
    refused(
        CI,
        "[[assign]]\nimage = \"ci\"\nname = \"x\"\nprofile = \"ci\"",
        "policy.d/a.toml:1:1: this `assign` never fits: one before it fits every container that it \
         would, first at policy.toml:3:1",
    );
    refused(
        "default = \"web\"",
        CI,
        "policy.toml:1:11: unknown profile \"web\"",
    );
}

#[test]
fn a_folder_that_cannot_be_read_is_said() {
    let host = Host::new(&[("policy.toml", ""), ("policy.d", "a file")]);
    let error = host.load().unwrap_err();
    assert_eq!(error, "cannot read policy policy.d");
}
