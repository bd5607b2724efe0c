//! `docs/denial.schema.json` is made from the types; `BLESS=1 cargo test schema` writes it anew.

use super::{Line, sample};
use crate::repository;

#[test]
fn the_schema_file_is_up_to_date() {
    repository::has_schema("docs/denial.schema.json", &schemars::schema_for!(Line));
}

#[test]
fn samples_have_what_the_schema_requires() {
    let schema = schemars::schema_for!(Line).to_value();
    let samples = [
        sample::host_path(),
        sample::mount(),
        sample::setns(),
        sample::kill(),
        sample::foreign_file(),
        sample::namespace_file(),
        sample::kernel_interface(),
        sample::device(),
        sample::shim(),
        sample::module(),
        sample::crypto_socket(),
    ];
    for (at, record) in samples.iter().enumerate() {
        let line = serde_json::to_value(sample::line(record, at as u64)).unwrap();
        complete(&line, &schema["$defs"]["Denial"]);
    }
    let lost = serde_json::to_value(sample::lost(1)).unwrap();
    complete(&lost, &schema["$defs"]["Lost"]);
}

#[track_caller]
fn complete(line: &serde_json::Value, schema: &serde_json::Value) {
    for key in schema["required"].as_array().unwrap() {
        assert!(line.get(key.as_str().unwrap()).is_some(), "{key} in {line}");
    }
    for key in line.as_object().unwrap().keys() {
        assert!(
            schema["properties"].get(key).is_some(),
            "{key} in the schema"
        );
    }
}
