//! Rules that are switched off.

use probe_common::{admission::RULES, container::bit, rule::rules};

use super::*;

/// What `baseline` does not ask when a container starts.
const UNASKED: u32 = bit(rules::SECCOMP) | bit(rules::NO_NEW_PRIVS) | bit(rules::ROOT_USER);

fn allowed(line: &str) -> Allowed {
    read(&format!("[[profile]]\nname = \"baseline\"\n{line}"))
        .unwrap()
        .default_profile()
        .allowed
}

#[test]
fn a_list_of_allowed_rules_replaces_the_default() {
    let default = read("").unwrap().default_profile().allowed;
    assert_eq!(default, allowed(""));
    assert_eq!(default.bits(), UNASKED | bit(rules::USER_NAMESPACE));
    assert_eq!(allowed("contain.allow = []").bits(), UNASKED);
    let both = allowed("contain.allow = [\"mount\", \"device\"]");
    assert_eq!(
        both.bits(),
        UNASKED | bit(rules::MOUNT) | bit(rules::DEVICE)
    );
    assert!(both.contains(rules::DEVICE) && !both.contains(rules::USER_NAMESPACE));
    assert_eq!(
        allowed("[profile.contain]\nallow = [\"mount\", \"device\"]"),
        both
    );
}

#[test]
fn every_rule_of_containment_can_be_allowed() {
    for (rule, name) in rules::ALL {
        let line = format!("[[profile]]\nname = \"baseline\"\ncontain.allow = [\"{name}\"]");
        if RULES.contains(rule) {
            wrong(
                &line,
                &format!(
                    "p.toml:3:18: rule \"{name}\" cannot be allowed here: it is about what enters \
                     a container"
                ),
            );
        } else {
            let allowed = read(&line).unwrap().default_profile().allowed;
            assert_eq!(allowed.bits(), UNASKED | bit(*rule), "{name}");
        }
    }
}

#[test]
fn a_wrong_rule_names_the_right_one() {
    #[track_caller]
    fn line(line: &str, message: &str) {
        wrong(
            &format!("[[profile]]\nname = \"baseline\"\n{line}"),
            &format!("p.toml:{message}"),
        );
    }
    line(
        "contain.allow = [\"mount\", \"divice\"]",
        "3:27: unknown rule \"divice\" in `contain.allow`, did you mean `device`?",
    );
    line(
        "contain.allow = [\"everything\"]",
        "3:18: unknown rule \"everything\" in `contain.allow`",
    );
    line(
        "contain.allow = [\"mount\", \"bpf\", \"mount\"]",
        "3:27: unknown rule \"bpf\" in `contain.allow`, did you mean `kernel-code`?",
    );
    line(
        "contain.allow = [\"mount\", \"mount\"]",
        "3:27: rule \"mount\" is here twice",
    );
    line(
        "contain.allow = \"mount\"",
        "3:17: `allow` is a string, must be a list of strings",
    );
    line(
        "contain.allow = [1]",
        "3:18: an entry of `allow` is an integer, must be a string",
    );
    line(
        "contain = [\"mount\"]",
        "3:11: `contain` is a list, must be a table",
    );
    line(
        "contain.alow = []",
        "3:9: unknown key `alow`, did you mean `allow`?",
    );
    let error = read("[[profile]]\nname = \"baseline\"\ncontain.allow = [\"x\"]").unwrap_err();
    let hint = error.hint().unwrap();
    assert!(
        hint.starts_with("rules that can be allowed: mount, setns, "),
        "{hint}"
    );
    assert!(!hint.contains("host-path"), "{hint}");
}

#[test]
fn hooks_may_be_missing_by_the_names_of_rules() {
    let policy = read("allow_missing = [\"user-namespace\", \"crypto-socket\"]").unwrap();
    let bits = bit(rules::USER_NAMESPACE) | bit(rules::CRYPTO_SOCKET);
    assert_eq!(policy.allow_missing.bits(), bits);
    assert!(policy.allow_missing.contains_named("crypto-socket"));
    assert!(!policy.allow_missing.contains_named("nothing"));
    wrong(
        "allow_missing = [\"user-namespaces\"]",
        "p.toml:1:18: unknown rule \"user-namespaces\" in `allow_missing`, did you mean \
         `user-namespace`?",
    );
    wrong(
        "allow_missing = [\"seccomp\"]",
        "p.toml:1:18: rule \"seccomp\" cannot be allowed here: it is about what enters a container",
    );
}
