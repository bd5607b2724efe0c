//! As far as the others use it.

#[path = "../../agent/src/output/escape.rs"]
mod escape;

pub use escape::escape;

/// As the agent writes it.
pub fn json(value: &impl serde::Serialize) -> String {
    escape::json(&serde_json::to_string(value).expect("it can be written"))
}
