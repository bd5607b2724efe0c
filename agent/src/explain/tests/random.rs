//! Nothing that anybody writes makes it panic.

use proptest::prelude::*;

use super::{super::bundle::tests::SPEC, *};
use crate::proc::mountinfo;

proptest! {
    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec(word(), 0..8), exec in any::<bool>()) {
        let (_root, host) = host();
        for engine in ["docker", "podman"] {
            let verb = if exec { "exec" } else { "run" };
            let mut line = vec![engine.to_owned(), verb.to_owned()];
            line.extend(words.iter().cloned());
            if let Ok(asked) = command(&line, Path::new("/"), &host) {
                let answer = answer(&Policy::default(), asked, &host);
                prop_assert_eq!(answer.refusals.is_empty(), answer.verdict == Verdict::Admitted);
                prop_assert!(!answer.to_string().is_empty());
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ \\n\\-:{}\\[\\]&*<a-z0-9\"'!|>#]{0,80}") {
        let _ = pod::parse(&text);
        let _ = mountinfo::read(&text);
    }

    #[test]
    fn no_bundle_makes_it_panic(at in 0..SPEC.len(), cut in 0..40_usize, put in "[\\[\\]{}\",:a-z0-9/]{0,6}") {
        let (root, host) = host();
        let (before, after) = SPEC.split_at(at);
        let text = format!("{before}{put}{}", after.get(cut..).unwrap_or_default());
        let file = root.path().join("config.json");
        fs::write(&file, text).unwrap();
        if let Ok(asked) = bundle(&file, &host) {
            prop_assert!(!answer(&Policy::default(), asked, &host).to_string().is_empty());
        }
    }
}

/// Anything, but often what is an option.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "-[a-z]{1,3}",
        "--(privileged|user|volume|mount|cap-add|cap-drop|security-opt|pid|ipc|userns|rootfs|systemd|uidmap)(=.{0,12})?",
        "[/.]?[a-z:,=\"/.]{0,16}",
        "(type=(bind|volume)|src=/|dst=/x|volume-opt=o=bind|ALL|SYS_ADMIN|host|0)",
    ]
}
