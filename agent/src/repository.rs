//! The files of the repository that are made from the code, or have to agree with it.

use std::path::{Path, PathBuf};

pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[track_caller]
pub fn text(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap()
}

/// A schema's file is made from the types; `BLESS=1` writes it anew.
#[track_caller]
pub fn has_schema(path: &str, schema: &schemars::Schema) {
    let schema = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file(path), &schema).unwrap();
    }
    assert_eq!(
        text(path),
        schema,
        "write it anew: BLESS=1 cargo test -p bulkhead schema"
    );
}
