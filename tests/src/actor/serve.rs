//! An actor that stays: it does what it reads on its standard input, each line in a child.
//!
//! Starting a container takes seconds under emulation, so that one container serves many attacks.
//! The children do not execute anything: what a task inherits by fork alone is put to the test.

use std::io::{BufRead, Write, stdin, stdout};

use super::{Done, Failure, outcome, take};
use crate::{outcome::Outcome, raw};

/// Said once, before the first line is read.
pub const READY: &str = "ready";

/// Reads command lines as JSON arrays, answers each with an [`Outcome`] as JSON.
pub(super) fn serve(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    println!("{READY}");
    for line in stdin().lock().lines() {
        let outcome = match serde_json::from_str::<Vec<String>>(&line?) {
            Ok(argv) => raw::in_child(|| outcome(&argv))?,
            Err(error) => Outcome::not_tried(error.to_string()),
        };
        let answer = serde_json::to_string(&outcome).map_err(|e| Failure::Usage(e.to_string()))?;
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(String::new())
}
