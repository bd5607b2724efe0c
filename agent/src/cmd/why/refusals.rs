//! A container's denials, the same ones counted together.

use serde::Serialize;

use super::choice::Chosen;
use crate::{
    denials::{Denial, Violation},
    output,
};

/// A container, and what was refused to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Answer {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) image: Option<String>,
    /// The profile that it has, or had.
    pub(super) profile: String,
    /// Whether it is there.
    pub(super) present: bool,
    /// The last ones, oldest first.
    pub(super) refusals: Vec<Refusal>,
    /// How many others are remembered.
    pub(super) earlier: usize,
}

/// Something that was refused, once or often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Refusal {
    pub(super) rule: String,
    pub(super) verdict: String,
    /// What was tried, in words.
    pub(super) tried: String,
    /// By which program.
    pub(super) by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<String>,
    pub(super) profile: String,
    pub(super) count: u64,
    /// RFC 3339 in UTC with microseconds.
    pub(super) first: String,
    pub(super) last: String,
    /// All that the profile does not let in, for an admission.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) violations: Vec<Violation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unnamed: Option<u32>,
    /// The smallest change that would let it pass.
    pub(super) hint: Option<String>,
}

/// The last so many.
pub(super) fn answer(chosen: &Chosen, last: usize) -> Answer {
    let mut refusals = fold(&chosen.denials);
    let earlier = refusals.len().saturating_sub(last);
    refusals.drain(..earlier);
    let seen = chosen.denials.last().map(|denial| &denial.container);
    let row = chosen.row.as_ref();
    let of_row =
        |field: fn(&crate::status::Row) -> &Option<String>| row.and_then(|row| field(row).clone());
    let profile = row
        .map(|row| &row.profile)
        .or(seen.map(|seen| &seen.profile));
    Answer {
        id: of_row(|row| &row.id).or_else(|| seen?.id.clone()),
        name: of_row(|row| &row.name).or_else(|| seen?.name.clone()),
        image: of_row(|row| &row.image).or_else(|| seen?.image.clone()),
        profile: profile.cloned().unwrap_or_default(),
        present: row.is_some(),
        refusals,
        earlier,
    }
}

/// The same thing tried again is one refusal, in the place of its last time.
fn fold(denials: &[Denial]) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = Vec::new();
    for denial in denials {
        let mut refusal = Refusal::of(denial);
        if let Some(place) = all.iter().position(|other| other.is_like(&refusal)) {
            let before = all.remove(place);
            refusal.count += before.count;
            refusal.first = before.first;
        }
        all.push(refusal);
    }
    all
}

impl Refusal {
    fn of(denial: &Denial) -> Self {
        Self {
            rule: denial.rule.clone(),
            verdict: denial.verdict.clone(),
            tried: output::act(denial),
            by: denial.process.comm.clone(),
            cause: denial.cause.clone(),
            profile: denial.container.profile.clone(),
            // A line of repeats is about those alone: the first had its own.
            count: denial.repeated.unwrap_or(1),
            first: denial.time.clone(),
            last: denial.time.clone(),
            violations: denial.violations.clone(),
            unnamed: denial.unnamed,
            hint: denial.hint.clone(),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        let what = |r: &Self| {
            (
                r.rule.clone(),
                r.verdict.clone(),
                r.tried.clone(),
                r.by.clone(),
            )
        };
        let why = |r: &Self| (r.cause.clone(), r.violations.clone(), r.hint.clone());
        what(self) == what(other) && why(self) == why(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::{Line, sample};

    fn denial(record: &probe_common::record::Denial, second: u32) -> Denial {
        let Line::Denial(mut denial) = sample::line(record, 1) else {
            panic!()
        };
        denial.time = format!("2026-11-22T05:12:{second:02}.000000Z");
        *denial
    }

    #[test]
    fn the_same_is_counted_and_the_newest_is_last() {
        let mut again = denial(&sample::mount(), 12);
        again.repeated = Some(7);
        again.process.pid = 500;
        let denials = vec![
            denial(&sample::mount(), 10),
            denial(&sample::setns(), 11),
            again,
            denial(&sample::handle(), 13),
        ];
        let row = None;
        let all = answer(&Chosen { denials, row }, 2);
        assert_eq!((all.earlier, all.present), (1, false));
        assert_eq!(all.profile, "baseline");
        let [mount, handle] = &all.refusals[..] else {
            panic!("{all:?}")
        };
        assert_eq!((mount.rule.as_str(), mount.count), ("mount", 8));
        assert_eq!(&mount.first[17..19], "10");
        assert_eq!(&mount.last[17..19], "12");
        assert_eq!((handle.rule.as_str(), handle.count), ("handle", 1));
    }
}
