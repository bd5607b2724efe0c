//! The pattern of an `assign` in the first line, the image of a container in the second.
#![no_main]

use std::sync::LazyLock;

use bulkhead_fuzz::{
    Text,
    containers::{Info, Lookup},
};
use libfuzzer_sys::{Corpus, fuzz_target};

static TEXT: LazyLock<Text> = LazyLock::new(Text::new);

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let Some((pattern, image)) = text.split_once('\n') else {
        return Corpus::Reject;
    };
    // Without a sign of patterns it is a name, and fits itself.
    let is_plain = !pattern.contains(['*', '?', '[', ']', '{', '}', '\\', ',']);
    match fits(pattern, pattern) {
        Some(itself) => assert!(itself || !is_plain, "{pattern:?} does not fit itself"),
        None => assert!(!is_plain, "{pattern:?} is no pattern"),
    }
    fits(pattern, image);
    Corpus::Keep
});

fn fits(pattern: &str, image: &str) -> Option<bool> {
    let quoted = toml::Value::String(pattern.to_owned());
    let policy = TEXT.load(&format!(
        "[[profile]]\nname = \"found\"\n[[assign]]\nimage = {quoted}\nprofile = \"found\"\n"
    ))?;
    let grant = policy.grant(&Info {
        image: Some(image.to_owned()),
        lookup: Lookup::Resolved,
        ..Info::default()
    });
    Some(grant.profile == "found")
}
