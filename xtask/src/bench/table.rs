//! Figures as tables: an operation in each row, who is compared in each column.

use std::fmt::Write as _;

use anyhow::Result;

use super::budget;
use super::figures::{Figures, Operation, Point, Program};

/// What grows less than this from a place of a curve to the next, which is at least twice as far, does
/// not grow.
const CONSTANT: f64 = 0.1;
/// The column that the others are compared with.
const NOTHING: &str = "nothing";

pub(super) fn of(figures: &Figures) -> Result<String> {
    let mut text = String::new();
    for task in in_order(figures.operations.iter().map(|found| found.task.as_str())) {
        let operations = figures.operations.iter();
        let operations: Vec<_> = operations.filter(|found| found.task == task).collect();
        writeln!(text, "### {task}\n\n{}", compare(&operations))?;
    }
    if !figures.programs.is_empty() {
        writeln!(text, "### programs\n\n{}", list(&figures.programs))?;
    }
    for curve in in_order(figures.points.iter().map(|found| found.curve.as_str())) {
        let points = figures.points.iter();
        let points: Vec<_> = points.filter(|found| found.curve == curve).collect();
        writeln!(text, "### {curve}\n\n{}", grown(curve, &points))?;
    }
    Ok(text)
}

fn compare(figures: &[&Operation]) -> String {
    let columns = in_order(figures.iter().map(|figure| figure.under.as_str()));
    let rows = in_order(figures.iter().map(|figure| figure.op.as_str()));
    let find = |op: &str, under: &str| {
        let is_it = |figure: &&&Operation| figure.op == op && figure.under == under;
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
        let spread = of_op.map(|f| (f.middle - f.instructions) / f.instructions.max(1.0));
        let spread = 100.0 * spread.fold(0.0, f64::max);
        text += &format!("| {op} | {} | {spread:.2} % |\n", cells.join(" | "));
    }
    text
}

fn added(figure: &Operation, base: &Operation) -> String {
    let more = figure.instructions - base.instructions;
    let percent = 100.0 * more / base.instructions.max(1.0);
    format!("{more:+.0} ({percent:+.1} %)")
}

/// A column for each kind of task, with what it may take where that is said.
fn list(programs: &[Program]) -> String {
    let tasks = in_order(programs.iter().map(|found| found.task.as_str()));
    let mut names = in_order(programs.iter().map(|found| found.program.as_str()));
    names.sort_unstable();
    let mut text = format!("| program | {} |\n", tasks.join(" | "));
    text += &"| --- ".repeat(tasks.len() + 1);
    text += "|\n";
    for name in names {
        let cell = |task: &&str| {
            let mut all = programs.iter();
            let found = all.find(|found| found.program == name && found.task == *task);
            found.map_or_else(String::new, |found| {
                let (takes, calls) = (found.instructions, found.calls);
                match budget::of(name, task) {
                    Some(budget) => format!("{takes:.0} of {budget} × {calls}"),
                    None => format!("{takes:.0} × {calls}"),
                }
            })
        };
        let cells: Vec<_> = tasks.iter().map(cell).collect();
        text += &format!("| {} | {} |\n", budget::whole(name), cells.join(" | "));
    }
    text
}

/// A row for each place of a curve.
fn grown(curve: &str, points: &[&Point]) -> String {
    let columns = in_order(points.iter().map(|found| found.of.as_str()));
    let mut text = format!("| {curve} | {} |\n", columns.join(" | "));
    text += &"| --- ".repeat(columns.len() + 1);
    text += "|\n";
    let mut places: Vec<_> = points.iter().map(|found| found.x).collect();
    places.dedup();
    for x in places {
        let cell = |of: &&str| {
            let found = points.iter().find(|found| found.of == *of && found.x == x);
            found.map_or_else(String::new, |found| format!("{:.0}", found.instructions))
        };
        let cells: Vec<_> = columns.iter().map(cell).collect();
        text += &format!("| {x} | {} |\n", cells.join(" | "));
    }
    let orders = columns.iter().filter_map(|of| {
        let line: Vec<_> = points.iter().filter(|found| found.of == *of).collect();
        Some(format!("{of}: {}", order(&line)?))
    });
    let orders: Vec<_> = orders.collect();
    format!("{text}\nGrows: {}.\n", orders.join("; "))
}

/// How it grows, in words: the slope of the last step, whose share of the whole is what counts.
fn order(line: &[&&Point]) -> Option<String> {
    let [.., before, last] = line else {
        return None;
    };
    let more = last.instructions - before.instructions;
    let each = more / f64::from(last.x - before.x);
    if more < before.instructions * CONSTANT {
        return Some("O(1)".to_owned());
    }
    Some(format!("O(n), {each:.1} instructions for each"))
}

/// Each once, as they came.
pub(super) fn in_order<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
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
        let said = r#"{"task":"host","under":"nothing","op":"stat","instructions":1000.0,"middle":1002.0}
{"task":"host","under":"bulkhead","op":"stat","instructions":1010.0,"middle":1010.0}
{"task":"host","under":"bulkhead, counted","op":"stat","instructions":2010.0,"middle":2010.0}
{"program":"file_open","task":"host","calls":7,"instructions":31.5}
{"curve":"mounts","of":"start","x":10,"instructions":9000}
{"curve":"mounts","of":"start","x":100,"instructions":90000}
"#;
        let figures = Figures::read(said).unwrap();
        assert_eq!(
            of(&figures).unwrap(),
            "### host\n\n\
             | operation | nothing | bulkhead | spread |\n| --- | --- | --- | --- |\n\
             | stat | 1000 | +10 (+1.0 %) | 0.20 % |\n\n\
             ### programs\n\n\
             | program | host |\n| --- | --- |\n\
             | file_open | 32 of 160 × 7 |\n\n\
             ### mounts\n\n\
             | mounts | start |\n| --- | --- |\n\
             | 10 | 9000 |\n| 100 | 90000 |\n\n\
             Grows: start: O(n), 900.0 instructions for each.\n\n"
        );
    }
}
