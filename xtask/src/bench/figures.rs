//! What the bench in the machine says: a line of JSON for each figure.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::compare::TOLERANCE;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Operation(Operation),
    Program(Program),
    Point(Point),
}

/// What an operation takes a task, by who holds it.
#[derive(Deserialize)]
pub(super) struct Operation {
    pub(super) task: String,
    pub(super) under: String,
    pub(super) op: String,
    pub(super) instructions: f64,
    /// The best round is `instructions`.
    pub(super) middle: f64,
}

impl Operation {
    /// What waits for others, as `umount` does for all processors, differs from round to round.
    fn is_steady(&self) -> bool {
        self.middle <= self.instructions * (1.0 + TOLERANCE)
    }
}

/// What a call of one of the probe's programs takes, while a task does all its operations.
#[derive(Deserialize)]
pub(super) struct Program {
    pub(super) program: String,
    pub(super) task: String,
    pub(super) calls: u64,
    pub(super) instructions: f64,
}

/// A place of a curve.
#[derive(Deserialize)]
pub(super) struct Point {
    pub(super) curve: String,
    pub(super) of: String,
    pub(super) x: u32,
    pub(super) instructions: f64,
}

#[derive(Default)]
pub(super) struct Figures {
    pub(super) operations: Vec<Operation>,
    pub(super) programs: Vec<Program>,
    pub(super) points: Vec<Point>,
}

impl Figures {
    pub(super) fn read(said: &str) -> Result<Self> {
        let mut figures = Self::default();
        for line in said.lines().filter(|line| line.starts_with('{')) {
            match serde_json::from_str(line).with_context(|| line.to_owned())? {
                // While the kernel counts, all takes longer.
                Line::Operation(operation) if operation.under.ends_with(", counted") => {}
                Line::Operation(operation) => figures.operations.push(operation),
                Line::Program(program) => figures.programs.push(program),
                Line::Point(point) => figures.points.push(point),
            }
        }
        Ok(figures)
    }

    /// Those that are Bulkhead's doing and nobody else's, by a name each. Not what programs take, which
    /// is a mean over whoever called them.
    pub(super) fn ours(&self) -> Vec<(String, f64)> {
        let operations = self.operations.iter();
        let operations = operations.filter(|found| found.under == "bulkhead" && found.is_steady());
        let operations = operations.map(|found| {
            let Operation { task, op, .. } = found;
            (format!("{op} of a {task} task"), found.instructions)
        });
        let points = self.points.iter().map(|found| {
            let Point { curve, of, x, .. } = found;
            (format!("{of}, {curve} = {x}"), found.instructions)
        });
        operations.chain(points).collect()
    }
}
