//! Whatever is in a file, the answer is a policy or an error with a place in the text.

use proptest::prelude::*;

use super::*;

const TEXTS: &[&str] = &[
    include_str!("../../../../policies/restricted-by-default.toml"),
    include_str!("../../../../policies/docker-in-docker.toml"),
    "mode = \"audit\"\n[[assign]]\nimage = \"ü[a-z]{b,c}@sha256:*\"\nlabel.\"ä\" = \"*\"\nprofile = \"x\"",
];
const BITS: &[&str] = &[
    "\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "#",
    "ü",
    "\u{0}",
    "\r",
    "[[profile]]\n",
    "name = \"baseline\"\n",
    "extends = ",
    "\"ALL\"",
    "/..",
    "**",
    "[!",
    "\\",
    "1",
    "true",
    "\"\"\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_broken_text_is_an_error_with_a_place(
        text in prop::sample::select(TEXTS),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..12usize, prop::sample::select(BITS)),
            0..6,
        ),
    ) {
        let mut text: Vec<char> = text.chars().collect();
        for (at, gone, bit) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + gone).min(text.len());
            text.splice(at..end, bit.chars());
        }
        let text: String = text.into_iter().collect();
        let root = Path::new("/nowhere");
        if let Err(error) = parse(&text, Path::new("p.toml"), root) {
            let (_, at) = error.place();
            let lines = text.matches('\n').count() + 1;
            prop_assert!(at.is_some_and(|at| at.line <= lines), "{error}");
            prop_assert!(!error.message().is_empty());
            error.hint();
        }
    }
}

/// The table in docs/policy.md: what is one line there, at the top of a file or in a profile.
#[test]
fn the_manual_says_what_is_answered() {
    let manual = crate::repository::text("docs/policy.md");
    let mut found = 0;
    for row in manual
        .lines()
        .filter(|row| row.contains("` | `policy.toml:"))
    {
        let cells: Vec<_> = row.split('`').collect();
        let [_, written, " | ", answer, _] = cells[..] else {
            continue;
        };
        let before = match answer.split(':').nth(1) {
            Some("1") => "",
            Some("3") => "[[profile]]\nname = \"baseline\"\n",
            _ => panic!("{answer}"),
        };
        let whole = match written {
            _ if written.starts_with('{') => format!("host_paths = [{written}]"),
            _ if written.starts_with("access") => {
                format!("host_paths = [{{ path = \"/srv\", {written} }}]")
            }
            _ => written.to_owned(),
        };
        let error = parse(
            &format!("{before}{whole}"),
            Path::new("policy.toml"),
            host().path(),
        );
        let error = error.unwrap_err().to_string();
        // A row has no backquotes inside.
        assert_eq!(error.replace('`', ""), answer, "{written}");
        found += 1;
    }
    assert!(found > 12, "{found} rows");
}
