//! The program `bulkhead`; all of it is in `lib.rs`, so that `benches/` can use it too.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    bulkhead::main()
}
