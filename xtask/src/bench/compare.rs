//! Two runs beside one another: what got worse.

use std::collections::BTreeMap;

use super::figures::Figures;

/// More than this is a regression; the same build twice differs by a tenth of it.
pub(super) const TOLERANCE: f64 = 0.02;
/// And by as many instructions: programs that return at once have a handful.
const LEAST: f64 = 2.0;

/// A line for each figure that grew by more than it may.
pub(super) fn worse(before: &Figures, now: &Figures) -> Vec<String> {
    let before: BTreeMap<_, _> = before.ours().into_iter().collect();
    let mut found = Vec::new();
    for (name, now) in now.ours() {
        let Some(before) = before.get(&name) else {
            continue;
        };
        let more = now - before;
        if more > LEAST && more > before * TOLERANCE {
            let percent = 100.0 * more / before;
            found.push(format!(
                "{name}: {before:.0} -> {now:.0} instructions (+{percent:.1} %)"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(instructions: f64) -> Figures {
        let point =
            format!(r#"{{"curve":"mounts","of":"start","x":10,"instructions":{instructions}}}"#);
        Figures::read(&point).unwrap()
    }

    #[test]
    fn more_than_two_percent_is_worse() {
        assert!(worse(&figures(1000.0), &figures(1019.0)).is_empty());
        assert!(worse(&figures(1000.0), &figures(900.0)).is_empty());
        assert!(worse(&figures(10.0), &figures(12.0)).is_empty());
        assert_eq!(
            worse(&figures(1000.0), &figures(1021.0)),
            ["start, mounts = 10: 1000 -> 1021 instructions (+2.1 %)"]
        );
    }
}
