//! Every rule that docs/rules.md names has a test, and a row in docs/kernels.md; every test that it
//! names is there.

use std::path::Path;

use super::{Finding, Text};
use crate::test::coverage::{FILE, parts, rule_of_row};

const RULES: &str = "docs/rules.md";
const TESTS: &str = "tests";
const SOURCES: &str = "tests/tests";

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
        .filter_map(|(line, row)| Some((line, rule_of_row(row)?)));
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
    untested
        .map(finding)
        .chain(missing_tests(rules, texts))
        .chain(missing_rows(rules, texts))
        .collect()
}

/// Each name in backquotes in a line that begins with `Tests:` is in a test's source, or is a file.
fn missing_tests(rules: &Text, texts: &[Text]) -> Vec<Finding> {
    let sources: Vec<&Text> = texts
        .iter()
        .filter(|text| text.path.starts_with(SOURCES))
        .collect();
    let is_there = |name: &str| {
        let quoted = format!("\"{name}\"");
        sources
            .iter()
            .any(|text| text.path.ends_with(name) || text.text.contains(&quoted))
    };
    let lines = (1..)
        .zip(rules.text.lines())
        .filter_map(|(line, text)| Some((line, text.strip_prefix("Tests:")?)));
    let names = lines.flat_map(|(line, text)| {
        let names = text.split('`').skip(1).step_by(2);
        names.map(move |name| (line, name))
    });
    names
        .filter(|(_, name)| !is_there(name))
        .map(|(line, name)| Finding {
            file: RULES.into(),
            line,
            what: format!("there is no test {name} below {SOURCES}"),
        })
        .collect()
}

/// The table of docs/kernels.md has a row for every rule that docs/rules.md names.
fn missing_rows(rules: &Text, texts: &[Text]) -> Vec<Finding> {
    let Some(kernels) = texts.iter().find(|text| text.path == Path::new(FILE)) else {
        return Vec::new();
    };
    let finding = |what: String| Finding {
        file: FILE.into(),
        line: 0,
        what,
    };
    let table = match parts(&kernels.text) {
        Ok((_, table, _)) => table,
        Err(error) => return vec![finding(format!("{error:#}"))],
    };
    let rows: Vec<_> = table.lines().filter_map(rule_of_row).collect();
    let named = rules.text.lines().filter_map(rule_of_row);
    named
        .filter(|rule| !rows.contains(rule))
        .map(|rule| finding(format!("the table lacks rule {rule}")))
        .collect()
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

    #[test]
    fn a_test_that_is_not_there_is_found() {
        let text = |path: &str, text: &str| Text {
            path: path.into(),
            text: text.to_owned(),
        };
        let rules = "Tests: `nsenter`, those in `setns.rs`; innocent: `nsent`.\nNot: `x`.\n";
        let tests = text("tests/tests/setns.rs", "attack(\"nsenter\", &[])");
        let found = check(&[text(RULES, rules), tests]);
        let whats: Vec<_> = found.iter().map(|found| found.what.as_str()).collect();
        assert_eq!(whats, ["there is no test nsent below tests/tests"]);
        assert_eq!(found[0].line, 1);
    }

    #[test]
    fn a_rule_without_a_row_is_found() {
        use crate::test::coverage::{BEGIN, END};
        let text = |path: &str, text: String| Text {
            path: path.into(),
            text,
        };
        let page = |rows: &str| text(FILE, format!("{BEGIN}\n{rows}{END}\n"));
        let rules = text(RULES, "| `setns` | x |\n".to_owned());
        let test = text("tests/tests/setns.rs", String::new());
        let whats = |kernels: Text| -> Vec<String> {
            let found = check(&[rules.clone(), test.clone(), kernels]);
            found.into_iter().map(|finding| finding.what).collect()
        };
        assert!(whats(page("| `setns` | 1 |\n")).is_empty());
        assert_eq!(whats(page("")), ["the table lacks rule setns"]);
        assert_eq!(whats(text(FILE, String::new())).len(), 1);
    }
}
