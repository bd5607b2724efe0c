//! Rules about one source file at a time.

use std::path::Path;

use super::{Finding, Text};

const LONGEST: usize = 400;
const LONGEST_HOOK: usize = 60;

/// The only places where `unsafe` may stand: plain bytes across the boundary, the kernel's memory,
/// and the attacker's system calls that no library wraps.
const UNSAFE: &[&str] = &[
    "probe-common/src/layout.rs",
    "probe-common/src/pod.rs",
    "probe-ebpf/src",
    "tests/src/raw.rs",
];

const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "#[ignore"];

pub(super) fn check(texts: &[Text]) -> Vec<Finding> {
    let sources = texts
        .iter()
        .filter(|text| text.path.extension().is_some_and(|e| e == "rs"));
    sources
        .flat_map(|source| check_one(&source.path, &source.text))
        .collect()
}

fn check_one(path: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |line: usize, what: String| {
        findings.push(Finding {
            file: path.to_owned(),
            line,
            what,
        });
    };
    let (lines, limit) = (text.lines().count(), longest(path));
    if lines > limit {
        found(0, format!("{lines} lines; at most {limit}"));
    }
    let may_be_unsafe = UNSAFE.iter().any(|allowed| path.starts_with(allowed));
    for (number, line) in (1..).zip(text.lines()) {
        let code = code_of(line);
        for mark in UNFINISHED.iter().filter(|mark| code.contains(**mark)) {
            found(number, format!("{mark} is for work that is not finished"));
        }
        if is_unsafe(&code) && !may_be_unsafe {
            found(
                number,
                format!("unsafe code; it may stand in {} only", UNSAFE.join(", ")),
            );
        }
    }
    findings
}

fn longest(path: &Path) -> usize {
    let hook = path.starts_with("probe-ebpf/src/hooks") && !path.ends_with("mod.rs");
    if hook { LONGEST_HOOK } else { LONGEST }
}

/// A line without its comment and without what stands in quotes.
fn code_of(line: &str) -> String {
    let outside = line
        .replace("\\\"", "")
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("\"\"");
    outside
        .split_once("//")
        .map_or(outside.clone(), |(code, _)| code.to_owned())
}

/// The keyword before what it makes unsafe, not the name of a lint.
fn is_unsafe(code: &str) -> bool {
    code.split_once("unsafe ").is_some_and(|(before, after)| {
        let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        whole
            && ["{", "fn ", "impl", "extern", "trait "]
                .iter()
                .any(|next| after.starts_with(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, text: &str) -> Vec<String> {
        check_one(Path::new(path), text)
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn hooks_are_shorter_than_other_files() {
        let text = "// line\n".repeat(61);
        assert_eq!(
            whats("probe-ebpf/src/hooks/capable.rs", &text),
            ["61 lines; at most 60"]
        );
        assert!(whats("probe-ebpf/src/hooks/mod.rs", &text).is_empty());
        assert!(whats("agent/src/main.rs", &text).is_empty());
        assert_eq!(whats("agent/src/main.rs", &"\n".repeat(401)).len(), 1);
    }

    #[test]
    fn unsafe_stands_where_it_may() {
        for code in [
            "let x = unsafe { y };",
            "unsafe fn f() {}",
            "    (unsafe { 1 })",
        ] {
            assert!(is_unsafe(code), "{code}");
        }
        for code in [
            "#![forbid(unsafe_code)]",
            "let s = \"unsafe word\";",
            "fn is_unsafe(x: u8) {",
        ] {
            assert!(!is_unsafe(&code_of(code)), "{code}");
        }
        let code = "let x = unsafe { y };";
        assert_eq!(whats("agent/src/main.rs", code).len(), 1);
        assert!(whats("probe-ebpf/src/kernel.rs", code).is_empty());
        assert!(whats("agent/src/main.rs", "// SAFETY: no unsafe { } here").is_empty());
    }

    #[test]
    fn unfinished_work_is_found() {
        for mark in UNFINISHED {
            let code = format!("    {mark}(\"{mark}\")");
            assert_eq!(whats("agent/src/main.rs", &code).len(), 1);
            let quoted = format!("let x = \"{mark}\";");
            assert!(whats("agent/src/main.rs", &quoted).is_empty());
        }
    }
}
