//! What strangers chose, in a TOML file.

use std::fmt::Write;

use crate::output::escape;

/// Characters of a comment; a path alone may have 4096.
const COMMENT: usize = 240;

/// A string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        let written = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            // What `escape` finds harmful, it writes in another way than TOML.
            c if escape(c.encode_utf8(&mut [0; 4])) != c.to_string() => {
                write!(out, "\\U{:08X}", u32::from(c))
            }
            c => write!(out, "{c}"),
        };
        if written.is_err() {
            // A String takes everything.
            break;
        }
    }
    out.push('"');
    out
}

/// Text that stays on its line of comment.
pub(super) fn comment(text: &str) -> String {
    let escaped = escape(text);
    match escaped.char_indices().nth(COMMENT) {
        Some((end, _)) => format!("{}…", escaped.get(..end).unwrap_or(&escaped)),
        None => escaped,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_text_stays_readable() {
        assert_eq!(quoted("/srv/ü → \"x\\"), r#""/srv/ü → \"x\\""#);
        assert_eq!(
            quoted("a\n\u{202e}\u{7f}"),
            r#""a\U0000000A\U0000202E\U0000007F""#
        );
        assert_eq!(comment("a\n# b\r"), "a\\n# b\\r");
        assert_eq!(comment(&"x".repeat(500)).chars().count(), COMMENT + 1);
    }

    proptest! {
        #[test]
        fn strings_come_back_and_comments_stay(text in any::<String>(), remark in any::<String>()) {
            let file = format!("# {}\nx = {}\n", comment(&remark), quoted(&text));
            let read: toml::Table = file.parse().unwrap();
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read["x"].as_str(), Some(text.as_str()));
        }
    }
}
