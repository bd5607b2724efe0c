//! `bulkhead man DIR`: the manual pages, for packages.

use std::{fs, io, path::Path};

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};

use crate::{cli::Cli, exit::Exit};

/// System administration.
const SECTION: &str = "8";

/// Writes a page for the program and one for each verb.
pub fn man(folder: &Path) -> anyhow::Result<Exit> {
    // Nobody types `bulkhead help run` to look for its manual page.
    let mut cli = Cli::command().disable_help_subcommand(true);
    // Gives every verb its full name, which is the name of its page.
    cli.build();
    let verbs: Vec<_> = cli.get_subcommands().cloned().collect();
    let shown = verbs.into_iter().filter(|verb| !verb.is_hide_set());
    for command in shown.chain([cli]) {
        let page = Man::new(command.clone())
            .section(SECTION)
            .manual("Bulkhead");
        let path = folder.join(page.get_filename());
        let text = render(&command, &page).context("making a manual page")?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Exit::Fine)
}

fn render(command: &Command, page: &Man) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_options_section(&mut out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut out)?;
    }
    // Its own section of this would run the lines of the examples together.
    if let Some(notes) = command.get_after_help() {
        let mut section = Roff::new();
        section.control("SH", ["NOTES"]).control("nf", []);
        for line in notes.to_string().lines() {
            section.text([roman(line)]);
        }
        section.control("fi", []).to_writer(&mut out)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_each_verb_that_people_type() {
        let folder = tempfile::tempdir().unwrap();
        man(folder.path()).unwrap();
        let page = |name: &str| fs::read_to_string(folder.path().join(name));
        assert!(page("bulkhead.8").unwrap().contains("bulkhead\\-run(8)"));
        let run = page("bulkhead-run.8").unwrap();
        // As they are typed, each on its own line.
        assert!(run.contains(".nf\n"), "{run}");
        assert!(
            run.contains("\n  bulkhead run \\-\\-audit \\-o json"),
            "{run}"
        );
        for hidden in ["canary", "man", "help"] {
            assert!(page(&format!("bulkhead-{hidden}.8")).is_err());
        }
    }
}
