//! A policy file.
#![no_main]

use std::sync::LazyLock;

use bulkhead_fuzz::{Text, containers::Info, policy::Numbered};
use libfuzzer_sys::{Corpus, fuzz_target};

static TEXT: LazyLock<Text> = LazyLock::new(Text::new);

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    if let Some(policy) = TEXT.load(text) {
        // What the agent does with one.
        assert!(policy.profiles.contains_key(&policy.default));
        if let Ok(numbered) = Numbered::default().follow(policy) {
            numbered.contents();
            numbered.host_paths();
            numbered.number(&Info::default());
        }
    }
    Corpus::Keep
});
