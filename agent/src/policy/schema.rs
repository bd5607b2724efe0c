//! `docs/policy.schema.json` is made from the parser's own words; `BLESS=1 cargo test schema` writes
//! it anew. What it cannot know, such as which profiles there are, the parser alone refuses.

pub(super) mod tests;

use schemars::{Schema, json_schema};
use serde_json::{Value, json};

use super::{
    allowed, assign, capabilities,
    check::EXISTING,
    profiles::{host_namespaces, kernel_filesystems},
    words::Words,
};

fn schema() -> Schema {
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bulkhead's policy",
        "description": "A TOML file: see docs/policy.md.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "mode": mode("What happens to a forbidden act"),
            "existing": {
                "description": "What happens to containers that ran already and have what their profile refuses",
                "enum": EXISTING,
            },
            "default": text("Profile of every container that no `assign` is about"),
            "allow_missing": list(
                "Rules of containment whose missing hooks are no reason not to start",
                &one_of(&allowed::names()),
            ),
            "profile": {"type": "array", "items": profile()},
            "assign": {"type": "array", "items": assign()},
        },
    })
}

fn profile() -> Value {
    let built_in = ["baseline", "privileged", "restricted"];
    json!({
        "description": "What containers may have and do",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": text("Which profile"),
            "extends": text("The profile that says what is not said here"),
            "host_paths": list("What of the host may enter containers", &host_path()),
            "devices": list("Devices of the host that may be mounted and opened", &path()),
            "capabilities": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "add": list("On top of those of `extends`", &capability()),
                    "drop": list("Less than those of `extends`", &capability()),
                },
            },
            "host_namespaces": list("Namespaces that may be the host's", &words(&host_namespaces())),
            "kernel_filesystems":
                list("Kernel filesystems that may be there", &words(&kernel_filesystems())),
            "proc_mount": one_of(&["default", "unmasked"]),
            "seccomp": one_of(&["required", "any"]),
            "no_new_privs": one_of(&["required", "any"]),
            "user": one_of(&["non-root", "any"]),
            "contain": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "allow": list("Rules that do not hold", &one_of(&allowed::names())),
                },
            },
        },
        "if": {"properties": {"name": one_of(&built_in)}},
        "then": {"not": {"required": ["extends"]}},
    })
}

fn assign() -> Value {
    let conditions = ["image", "name", "namespace", "runtime"];
    let mut some: Vec<_> = conditions.map(|key| json!({"required": [key]})).into();
    for key in ["label", "pod_label"] {
        let filled = json!({"properties": {key: {"minProperties": 1}}, "required": [key]});
        some.push(filled);
    }
    let of_keys = |description: &str| {
        json!({
            "description": description,
            "type": "object",
            "additionalProperties": {"type": "string"},
        })
    };
    json!({
        "description": "Which containers get another profile; the first that fits counts",
        "type": "object",
        "additionalProperties": false,
        "required": ["profile"],
        "anyOf": some,
        "properties": {
            "image": text("A pattern for the image"),
            "name": text("A pattern for the container's name"),
            "label": of_keys("Patterns for labels or annotations"),
            "namespace": text("A pattern for the Kubernetes namespace"),
            "pod_label": of_keys("Patterns for the pod's labels (CRI-O)"),
            "runtime": one_of(assign::RUNTIMES),
            "profile": text("What it gets"),
            "mode": mode("The same for these containers alone"),
        },
    })
}

fn host_path() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["path"],
        "properties": {"path": path(), "access": one_of(&["ro", "rw"])},
    })
}

fn path() -> Value {
    json!({"type": "string", "pattern": "^/", "not": {"pattern": "/\\.\\.(/|$)"}})
}

/// In upper case for an editor's list, in any case for the parser.
fn capability() -> Value {
    let names = capabilities::known().into_iter().map(|(_, name)| name);
    let names: Vec<_> = names.chain(["ALL".to_owned()]).collect();
    json!({"anyOf": [{"enum": names}, {"type": "string", "pattern": "^[A-Za-z_]+$"}]})
}

fn mode(description: &str) -> Value {
    json!({"description": description, "enum": ["enforce", "audit"]})
}

fn text(description: &str) -> Value {
    json!({"description": description, "type": "string"})
}

fn list(description: &str, items: &Value) -> Value {
    json!({"description": description, "type": "array", "uniqueItems": true, "items": items})
}

fn one_of(words: &[&str]) -> Value {
    json!({"enum": words})
}

fn words(words: &Words) -> Value {
    let known: Vec<_> = words.known.iter().map(|(_, word)| word).collect();
    json!({"enum": known})
}
