//! docs/benchmarks.md, and beside it the figures as they were measured and their plots.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::figures::Figures;
use super::plot;
use super::table::{self, in_order};
use crate::kernel::Kernel;
use crate::{cargo, exec};

const FILE: &str = "docs/benchmarks.md";
const FOLDER: &str = "docs/benchmarks";
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write` -->";
const END: &str = "<!-- end of figures -->";

/// What was measured when the page was written.
pub(super) fn kept(kernel: Kernel) -> Result<String> {
    let file = lines(kernel)?;
    fs::read_to_string(&file).with_context(|| {
        format!(
            "no figures of {kernel} in {}; `cargo xtask bench --write` writes them",
            file.display()
        )
    })
}

pub(super) fn write(measured: &[(Kernel, String, Figures)]) -> Result<()> {
    let mut text = String::new();
    for (kernel, said, figures) in measured {
        let kept: Vec<_> = said.lines().filter(|line| line.starts_with('{')).collect();
        put(&lines(*kernel)?, &format!("{}\n", kept.join("\n")))?;
        writeln!(text, "## Linux {} ({})\n", kernel.release()?, built()?)?;
        text += &table::of(figures)?;
        for curve in in_order(figures.points.iter().map(|point| point.curve.as_str())) {
            let name = format!("{kernel}-{}.svg", curve.replace(' ', "-"));
            put(
                &folder()?.join(&name),
                &plot::svg(figures, curve, kernel.series())?,
            )?;
            writeln!(text, "![{curve}](benchmarks/{name})\n")?;
        }
    }
    let file = cargo::workspace()?.join(FILE);
    let page = fs::read_to_string(&file).with_context(|| format!("cannot read {FILE}"))?;
    let (head, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("{FILE} has no {BEGIN}"))?;
    let (_, tail) = rest
        .split_once(END)
        .with_context(|| format!("{FILE} has no {END}"))?;
    put(&file, &format!("{head}{BEGIN}\n\n{text}{END}{tail}"))
}

/// The revision and its day.
fn built() -> Result<String> {
    let mut log = Command::new("git");
    log.current_dir(cargo::workspace()?);
    let said = exec::stdout(log.args(["log", "-1", "--format=%h, %cs"]))?;
    Ok(said.trim().to_owned())
}

fn lines(kernel: Kernel) -> Result<PathBuf> {
    Ok(folder()?.join(format!("{kernel}.jsonl")))
}

fn folder() -> Result<PathBuf> {
    let folder = cargo::workspace()?.join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {FOLDER}"))?;
    Ok(folder)
}

fn put(file: &std::path::Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
