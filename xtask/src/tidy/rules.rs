//! Every rule that docs/rules.md names has a test.

use std::path::Path;

use super::{Finding, Text};

const RULES: &str = "docs/rules.md";
const TESTS: &str = "tests";

pub(super) fn check(texts: &[Text]) -> Vec<Finding> {
    let Some(rules) = texts.iter().find(|text| text.path == Path::new(RULES)) else {
        return Vec::new();
    };
    let stems: Vec<&str> = texts
        .iter()
        .filter(|text| text.path.starts_with(TESTS))
        .filter_map(|text| text.path.file_stem()?.to_str())
        .collect();
    let named = (1..)
        .zip(rules.text.lines())
        .filter_map(|(line, row)| Some((line, rule(row)?)));
    let untested = named.filter(|(_, rule)| {
        let file = rule.replace('-', "_");
        // A rule with many attacks may have a file for each.
        let part = format!("{file}_");
        !stems
            .iter()
            .any(|stem| *stem == file || stem.starts_with(&part))
    });
    let finding = |(line, rule): (usize, &str)| Finding {
        file: RULES.into(),
        line,
        what: format!(
            "rule {rule} has no test: no {}.rs below {TESTS}",
            rule.replace('-', "_")
        ),
    };
    untested.map(finding).collect()
}

/// The name in the first cell of a table's row: "| `mount` | …".
fn rule(row: &str) -> Option<&str> {
    let name = row.trim().strip_prefix('|')?.split('|').next()?.trim();
    let name = name.strip_prefix('`')?.strip_suffix('`')?;
    let plain = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_a_test_is_found() {
        let text = |path: &str, text: &str| Text {
            path: path.into(),
            text: text.to_owned(),
        };
        let rules = "| rule | hooks |\n| --- | --- |\n| `setns` | x |\n| `foreign-process` | y |\n";
        let texts = [text(RULES, rules), text("tests/tests/setns.rs", "")];
        let found = check(&texts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 4);
        assert!(found[0].what.contains("no foreign_process.rs"));

        let all = [&texts[..], &[text("tests/src/foreign_process_kill.rs", "")]].concat();
        assert!(check(&all).is_empty());
    }
}
