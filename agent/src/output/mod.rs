//! Where denials are given to, and how they look: standard output, a file, the journal.

mod compact;
mod escape;
mod export;
mod journal;
mod printer;
mod sink;
mod wide;

use std::io::{IsTerminal, stdout};

pub use compact::{Compact, act, cause};
pub use escape::escape;
pub use export::{Export, Target};
pub use journal::{Journal, SOCKET as JOURNAL};
pub use printer::Printer;
pub use sink::Output;
pub use wide::Wide;

use crate::{cli::Form, denials::Line};

/// Turns lines into text.
pub enum Formatter {
    Compact(Compact),
    Wide(Wide),
    Json,
}

impl Formatter {
    /// For standard output: compact on a terminal and JSON elsewhere, unless a form was named.
    pub fn for_stdout(form: Option<Form>) -> Self {
        let terminal = stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = terminal && !no_colour;
        match form {
            Some(Form::Json) => Self::Json,
            Some(Form::Wide) => Self::Wide(Wide::new(colour)),
            None if !terminal => Self::Json,
            _ => Self::Compact(Compact::new(colour)),
        }
    }

    /// One line, without its end.
    pub fn format(&self, line: &Line) -> String {
        match self {
            Self::Compact(compact) => compact.format(line),
            Self::Wide(wide) => wide.format(line),
            Self::Json => json(line),
        }
    }
}

/// JSON in which no character can steer a terminal.
pub fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|e| {
        log::error!("a line cannot be written: {e}");
        "{}".to_owned()
    });
    escape::json(&text)
}
