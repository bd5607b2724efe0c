//! The manifest for Kubernetes: what the API takes, and what Bulkhead says to it itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

const MANIFEST: &str = include_str!("../../packaging/kubernetes/bulkhead.yaml");
const SCHEMA: &str = include_str!("../../packaging/kubernetes/schema.json");

fn documents(text: &str) -> Vec<Value> {
    Yaml::load_from_str(text)
        .unwrap()
        .iter()
        .map(json)
        .collect()
}

fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Boolean(value)) => Value::from(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::String(value)) => Value::from(value.to_string()),
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Sequence(all) => all.iter().map(json).collect(),
        Yaml::Mapping(all) => {
            let field = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
                (key.as_str().unwrap().to_owned(), json(value))
            };
            Value::Object(all.iter().map(field).collect::<Map<_, _>>())
        }
        other => panic!("{other:?}"),
    }
}

/// What the API would complain of.
fn complaints(text: &str) -> usize {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let documents = documents(text);
    assert_eq!(documents.len(), 3);
    let wrong = documents
        .iter()
        .filter(|document| !validator.is_valid(document));
    wrong.count()
}

#[test]
fn the_api_takes_the_manifest() {
    assert_eq!(complaints(MANIFEST), 0);
    for (right, wrong) in [
        ("hostPID:", "hostPid:"),
        (
            "readOnlyRootFilesystem: true",
            "readOnlyRootFilesystem: yes please",
        ),
        (
            "imagePullPolicy: IfNotPresent",
            "imagePullPolicy: Sometimes",
        ),
        ("          image: bulkhead", "          images: bulkhead"),
        ("  selector:", "  selectors:"),
    ] {
        assert!(MANIFEST.contains(right), "{right}");
        assert_eq!(complaints(&MANIFEST.replace(right, wrong)), 1, "{wrong}");
    }
}

#[test]
fn its_policy_is_right() {
    let documents = documents(MANIFEST);
    let map = documents
        .iter()
        .find(|document| document["kind"] == "ConfigMap");
    let policy = map.unwrap()["data"]["policy.toml"].as_str().unwrap();
    let dir = tempfile::tempdir().unwrap();
    // On a node it is there: the pod's own volume makes it.
    let run = dir.path().join("run");
    fs::create_dir(&run).unwrap();
    let policy = policy.replace("/run/bulkhead", run.to_str().unwrap());
    assert_eq!(run_on(dir.path(), &policy, &["check"]), 0);
}

/// In audit mode all is let in, so another policy asks what the pod has.
#[test]
fn it_asks_for_no_more_than_its_profile_says() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../packaging/kubernetes/bulkhead.yaml"
    );
    let explain = ["explain", "--pod", manifest, "--policy"];
    assert_eq!(run_on(dir.path(), "mode = \"enforce\"\n", &explain), 3);
    let its_own = "[[profile]]\nname = \"agent\"\nhost_namespaces = [\"pid\"]\n\
                   capabilities.add = [\"SYS_ADMIN\", \"SYS_PTRACE\"]\nhost_paths = [{ path = \"/run\", \
                   access = \"rw\" }]\n[[assign]]\nnamespace = \"bulkhead\"\nprofile = \"agent\"\n";
    assert_eq!(run_on(dir.path(), its_own, &explain), 0);
    let less = its_own.replace(", \"SYS_PTRACE\"", "");
    assert_eq!(run_on(dir.path(), &less, &explain), 3);
}

/// Runs a verb on a policy, and returns its exit status.
fn run_on(dir: &Path, policy: &str, verb: &[&str]) -> i32 {
    let file = dir.join("policy.toml");
    fs::write(&file, policy).unwrap();
    let mut bulkhead = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    let output = bulkhead.args(verb).arg(&file).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    println!("{}", String::from_utf8_lossy(&said));
    output.status.code().unwrap()
}
