//! The attacker: `actor VERB ARGS…` does one thing and exits with the errno.

use std::process::ExitCode;

use bulkhead_tests::{actor, outcome::NOT_TRIED};

fn main() -> ExitCode {
    let argv: Vec<String> = std::env::args().skip(1).collect();
    let outcome = actor::outcome(&argv);
    if outcome.status == 0 {
        print!("{}", outcome.output);
    } else {
        eprintln!("actor: {}: {}", argv.join(" "), outcome.output);
    }
    ExitCode::from(u8::try_from(outcome.status).unwrap_or(NOT_TRIED))
}
