//! Figures as tables: an operation in each row, who is compared in each column.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The column that the others are compared with.
const NOTHING: &str = "nothing";

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Figure(Figure),
    Program(Program),
}

#[derive(Deserialize)]
struct Figure {
    task: String,
    under: String,
    op: String,
    instructions: f64,
    least: f64,
    most: f64,
}

#[derive(Deserialize)]
struct Program {
    program: String,
    calls: u64,
    instructions: f64,
}

/// Of the lines that the bench prints.
pub(super) fn of(said: &str) -> Result<String> {
    let mut figures: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    let mut programs = Vec::new();
    for line in said.lines().filter(|line| line.starts_with('{')) {
        let line: Line = serde_json::from_str(line).with_context(|| line.to_owned())?;
        match line {
            Line::Figure(figure) => figures.entry(figure.task.clone()).or_default().push(figure),
            Line::Program(program) => programs.push(program),
        }
    }
    let mut text = String::new();
    for (task, figures) in &figures {
        writeln!(text, "### {task}\n\n{}", compare(figures))?;
    }
    if !programs.is_empty() {
        writeln!(text, "### programs\n\n{}", list(&mut programs))?;
    }
    Ok(text)
}

fn compare(figures: &[Figure]) -> String {
    let columns = in_order(figures.iter().map(|figure| figure.under.as_str()));
    let rows = in_order(figures.iter().map(|figure| figure.op.as_str()));
    let find = |op: &str, under: &str| {
        let is_it = |figure: &&Figure| figure.op == op && figure.under == under;
        figures.iter().find(is_it)
    };
    let mut text = format!("| operation | {} | spread |\n", columns.join(" | "));
    text += &"| --- ".repeat(columns.len() + 2);
    text += "|\n";
    for op in rows {
        let base = find(op, NOTHING);
        let cell = |under: &&str| match (find(op, under), base) {
            (None, _) => String::new(),
            (Some(figure), Some(base)) if *under != NOTHING => added(figure, base),
            (Some(figure), _) => format!("{:.0}", figure.instructions),
        };
        let cells: Vec<_> = columns.iter().map(cell).collect();
        let of_op = figures.iter().filter(|figure| figure.op == op);
        let spread = of_op.map(|f| (f.most - f.least) / f.instructions.max(1.0));
        let spread = 100.0 * spread.fold(0.0, f64::max);
        text += &format!("| {op} | {} | {spread:.2} % |\n", cells.join(" | "));
    }
    text
}

fn added(figure: &Figure, base: &Figure) -> String {
    let more = figure.instructions - base.instructions;
    let percent = 100.0 * more / base.instructions.max(1.0);
    format!("{more:+.0} ({percent:+.1} %)")
}

fn list(programs: &mut [Program]) -> String {
    programs.sort_by(|a, b| b.instructions.total_cmp(&a.instructions));
    let mut text = "| program | calls | instructions per call |\n| --- | --- | --- |\n".to_owned();
    for Program {
        program,
        calls,
        instructions,
    } in programs
    {
        text += &format!("| {program} | {calls} | {instructions:.0} |\n");
    }
    text
}

/// Each once, as they came.
fn in_order<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for word in words {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_compared_with_nothing() {
        let said = r#"{"task":"host","under":"nothing","op":"stat","instructions":1000.0,"least":999.0,"most":1001.0}
{"task":"host","under":"bulkhead","op":"stat","instructions":1010.0,"least":1010.0,"most":1010.0}
{"program":"file_open","calls":7,"instructions":31.5}
"#;
        assert_eq!(
            of(said).unwrap(),
            "### host\n\n\
             | operation | nothing | bulkhead | spread |\n| --- | --- | --- | --- |\n\
             | stat | 1000 | +10 (+1.0 %) | 0.20 % |\n\n\
             ### programs\n\n\
             | program | calls | instructions per call |\n| --- | --- | --- |\n\
             | file_open | 7 | 32 |\n\n"
        );
    }
}
