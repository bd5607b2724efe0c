//! What Bulkhead costs, in instructions: in a machine whose clock counts them (`cargo xtask bench`).
//!
//! `bench` starts and ends what is compared and prints a line of JSON for each figure.
//! `bench ops KIND` is the part that runs on the host or in a container.

mod compared;
mod empty;
mod ops;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => compared::all()?,
        ["ops", kind] => ops::run(kind)?,
        // What an exec costs is measured with this.
        ["nothing"] => {}
        _ => bail!("bench [ops host|contained|docker]"),
    }
    Ok(ExitCode::SUCCESS)
}
