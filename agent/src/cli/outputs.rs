//! Where the daemon gives denials to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Form;
use crate::metrics::Place;

#[derive(Debug, Clone, Args)]
pub struct Outputs {
    /// Where and how denials are given out [default: on standard output, compact on a terminal, else json]
    #[arg(short, long, value_enum, value_name = "FORM")]
    pub output: Option<RunForm>,
    /// Keep the denials in this file too, as JSON lines, mode 0600
    #[arg(long, value_name = "FILE")]
    pub export_file: Option<PathBuf>,
    /// MiB after which the export file is turned over
    #[arg(long, value_name = "MIB", default_value_t = 10, requires = "export_file",
          value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub export_size: u64,
    /// Older export files that are kept, as FILE.1 to FILE.N
    #[arg(long, value_name = "N", default_value_t = 5, requires = "export_file",
          value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub export_files: u32,
    /// Serve metrics for Prometheus here, as http://ADDRESS:PORT/metrics or at a socket of root's
    #[arg(long, value_name = "ADDRESS:PORT|unix:/PATH")]
    pub metrics: Option<Place>,
    /// Let other machines read the metrics too: without this only loopback and sockets will do
    #[arg(long, requires = "metrics")]
    pub metrics_public: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunForm {
    /// One aligned line a denial, for people
    Compact,
    /// The same with everything a person may ask for
    Wide,
    /// One JSON object a line, as in docs/denial.schema.json
    Json,
    /// Nothing on standard output, but entries of the journal with fields
    Journal,
    /// Nothing on standard output
    None,
}

impl RunForm {
    /// What standard output shows; `None` if nothing.
    pub fn on_stdout(form: Option<Self>) -> Option<Option<Form>> {
        match form {
            None => Some(None),
            Some(Self::Compact) => Some(Some(Form::Compact)),
            Some(Self::Wide) => Some(Some(Form::Wide)),
            Some(Self::Json) => Some(Some(Form::Json)),
            Some(Self::Journal | Self::None) => None,
        }
    }
}
