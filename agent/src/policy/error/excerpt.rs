//! The line that is wrong, as the file has it.

use std::fmt;

use crate::{
    output::escape,
    policy::{files::File, source::Place},
};

/// Characters of each part that are shown: a line may be as long as a file.
const SHOWN: usize = 80;

/// A line, taken apart at what is wrong in it. Made harmless for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    number: usize,
    before: String,
    pub text: String,
    after: String,
}

impl Excerpt {
    /// `None` where the place is no text of a file's, or the whole of one.
    pub(super) fn of(files: &[File], place: &Place) -> Option<Self> {
        let text = &files.get(place.file)?.text;
        let (before, rest) = text.split_at_checked(place.span.start)?;
        let length = place.span.end.checked_sub(place.span.start)?;
        let (found, after) = rest.split_at_checked(length)?;
        let first = |text: &str| text.split('\n').next().unwrap_or_default().to_owned();
        let is_one_line = !found.contains('\n');
        let line = before.rsplit('\n').next().unwrap_or_default();
        let text = shown(first(found).trim_end().chars());
        let skipped = line.chars().count().saturating_sub(SHOWN);
        let excerpt = Self {
            number: before.matches('\n').count() + 1,
            before: shown(line.chars().skip(skipped)),
            text,
            after: if is_one_line {
                shown(first(after).trim_end().chars())
            } else {
                String::new()
            },
        };
        let is_blank = [&excerpt.before, &excerpt.text, &excerpt.after]
            .iter()
            .all(|part| part.trim().is_empty());
        (!is_blank).then_some(excerpt)
    }
}

/// The beginning, as far as it is shown.
fn shown(text: impl Iterator<Item = char>) -> String {
    let text: String = text.take(SHOWN).collect();
    escape(&text)
}

impl fmt::Display for Excerpt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            before,
            text,
            after,
        } = self;
        let margin = " ".repeat(number.to_string().len());
        let space = " ".repeat(before.chars().count());
        // Something that is missing is marked too.
        let marks = "^".repeat(text.chars().count().max(1));
        writeln!(out, "{number} | {before}{text}{after}")?;
        write!(out, "{margin} | {space}{marks}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, span: std::ops::Range<usize>, expected: Option<&str>) {
        let path = "p.toml".into();
        let text = text.to_owned();
        let place = Place { file: 0, span };
        let found = Excerpt::of(&[File { path, text }], &place);
        assert_eq!(found.map(|e| e.to_string()).as_deref(), expected);
    }

    #[test]
    fn what_is_wrong_is_marked() {
        check(
            "a = 1\nmode = \"x\" # ü\n",
            13..16,
            Some("2 | mode = \"x\" # ü\n  |        ^^^"),
        );
        check("[[a]]\nb = 1\n", 0..11, Some("1 | [[a]]\n  | ^^^^^"));
        check("a = \x1b\n", 4..5, Some("1 | a = \\u{1b}\n  |     ^^^^^^"));
        check("a = \n", 4..4, Some("1 | a = \n  |     ^"));
        check("\tb = x", 5..6, Some("1 | \\tb = x\n  |       ^"));
        check("", 0..0, None);
        check("abc", 1..9, None);
        let long = format!("{}x = 1", " ".repeat(500));
        let expected = format!("1 | {0}x = 1\n  | {0}^", " ".repeat(80));
        check(&long, 500..501, Some(&expected));
    }
}
