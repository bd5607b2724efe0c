//! `bulkhead why CONTAINER`: its last refusals in words, and what would have let them pass.

mod choice;
mod refusals;
mod words;

use std::path::Path;

use jiff::tz::TimeZone;

use self::{choice::choose, refusals::answer};
use super::{print, ps};
use crate::{
    cli::{self, WhyForm},
    denials::{Denial, Line},
    exit::Exit,
    output,
    socket::{Filter, Hello, Request, SocketError, Tail, client::Client},
};

pub fn why(args: &cli::Why, run_dir: &Path) -> anyhow::Result<Exit> {
    let denials = history(&args.container, run_dir)?;
    let rows = ps::ask(run_dir)?;
    let chosen = choose(denials, rows, &args.container)?;
    let answer = answer(&chosen, args.last);
    print(&match args.output {
        WhyForm::Json => output::json(&answer),
        WhyForm::Text => words::text(&answer, &TimeZone::system()),
    })?;
    Ok(Exit::Fine)
}

/// All that the agent remembers of it. Losses are nobody's, so they are said by the way.
fn history(container: &str, run_dir: &Path) -> Result<Vec<Denial>, SocketError> {
    let tail = Tail {
        filter: Filter {
            containers: vec![container.to_owned()],
            ..Filter::default()
        },
        ..Tail::default()
    };
    let mut client = Client::ask(run_dir, &Request::Tail(tail))?;
    let _: Hello = client.answer()?;
    let (mut denials, mut lost) = (Vec::new(), 0);
    while let Some(text) = client.line()? {
        match serde_json::from_str(&text).map_err(SocketError::Answer)? {
            Line::Denial(denial) => denials.push(*denial),
            Line::Stopped(stopped) => eprintln!(
                "bulkhead: {}",
                output::Compact::new(false).format(&Line::Stopped(stopped))
            ),
            Line::Lost(line) => lost += line.count,
        }
    }
    if lost > 0 {
        eprintln!("bulkhead: {lost} denials were lost, some of them may have been its");
    }
    Ok(denials)
}
