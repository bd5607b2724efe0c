//! What Bulkhead costs, in instructions: in a machine whose clock counts them (`cargo xtask bench`).
//!
//! `bench` starts and ends what is compared and prints a line of JSON for each figure.
//! `bench ops` and `bench open-below` are the parts that run on the host or in a container.

mod compared;
mod empty;
mod growth;
mod ops;
mod stats;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["compare"] => compared::all()?,
        ["quick"] => compared::quick()?,
        ["grow"] => growth::all()?,
        ["ops", kind] => ops::run(kind)?,
        ["ops", kind, beside] => {
            ops::is_held_by(beside)?;
            ops::run(kind)?;
        }
        ["open-below", depth] => ops::open_below(depth.parse()?)?,
        // What an exec costs is measured with this.
        ["nothing"] => {}
        _ => bail!("bench compare|quick|grow|ops KIND [BESIDE]|open-below DEPTH"),
    }
    Ok(ExitCode::SUCCESS)
}
