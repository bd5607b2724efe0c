//! Names chosen by strangers, made harmless for a terminal.

use std::fmt::Write;

/// Text without characters that steer a terminal or reorder what is around them.
pub fn escape(text: &str) -> String {
    with(text, |out, c| write!(out, "{}", c.escape_default()))
}

/// The same for text that is JSON already: such characters can only stand in its strings.
pub(super) fn json(text: &str) -> String {
    with(text, |out, c| write!(out, "\\u{:04x}", u32::from(c)))
}

fn with(text: &str, write: impl Fn(&mut String, char) -> std::fmt::Result) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !steers(c) {
            out.push(c);
        } else if write(&mut out, c).is_err() {
            // A String takes everything.
            out.push('?');
        }
    }
    out
}

/// Controls (C0, DEL, C1), line and paragraph separators, direction marks and overrides.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(escape("web"), "web");
        assert_eq!(escape("ü→ 数"), "ü→ 数");
        assert_eq!(escape("a\x1b[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(escape("\u{9b}2J\u{202e}x"), "\\u{9b}2J\\u{202e}x");
    }

    #[test]
    fn json_stays_the_same_json() {
        let text = serde_json::to_string("a\x7f\u{9b}\n\u{202e}").unwrap();
        let escaped = json(&text);
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(
            serde_json::from_str::<String>(&escaped).unwrap(),
            "a\x7f\u{9b}\n\u{202e}"
        );
    }
}
