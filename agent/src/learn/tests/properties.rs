//! For any denials: the proposal is TOML, covers all of them and says nothing else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Fake, propose, random};
use crate::{
    denials::Denial,
    learn::{
        Proposal,
        drafts::Draft,
        finding::{self, Answer, Setting},
        findings::Findings,
        subject::{Subject, Who, literal},
        times,
    },
};

/// The drafts, and what nobody gets.
fn all(proposal: &Proposal) -> impl Iterator<Item = &Findings> {
    let drafts = proposal.drafts.iter().map(|draft| &draft.findings);
    drafts.chain([&proposal.nobody])
}

/// Would this draft's `assign` be about the container?
fn is_about(draft: &Draft, denial: &Denial) -> bool {
    let who = Who::of(&denial.container);
    [true, false]
        .map(|by_name| Subject::of(&who, by_name))
        .contains(&draft.subject)
}

/// What a draft says in the file.
fn written(draft: &Draft) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |key: &str, value: String| all.entry(key.to_owned()).or_default().insert(value);
    add("name", draft.name.clone());
    add("extends", draft.extends.clone());
    for (setting, seen) in &draft.findings.settings {
        match setting {
            Setting::HostPath(path) => {
                let access = if seen.writable { "rw" } else { "ro" };
                add("host_paths", format!("{} {access}", path.to_str().unwrap()))
            }
            Setting::Item(key, word) => add(key, word.clone()),
            Setting::Word(key, word) => add(key, (*word).to_owned()),
            Setting::Allow(_) => true,
        };
    }
    for rule in draft.allow() {
        add("contain.allow", rule.to_owned());
    }
    all
}

/// What a table of the file says.
fn read(table: &toml::Table) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, value) in table {
        let (key, value) = match value {
            toml::Value::Table(inner) => {
                assert_eq!(inner.len(), 1, "{inner}");
                let (below, value) = inner.iter().next().unwrap();
                (format!("{key}.{below}"), value)
            }
            other => (key.clone(), other),
        };
        let words = match value {
            toml::Value::Array(items) => items.iter().map(word).collect(),
            one => vec![word(one)],
        };
        assert_eq!(
            words.len(),
            BTreeSet::from_iter(&words).len(),
            "{words:?} twice"
        );
        assert!(all.insert(key, words.into_iter().collect()).is_none());
    }
    all
}

fn word(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Table(path) => {
            let access = path
                .get("access")
                .map_or("ro", |access| access.as_str().unwrap());
            format!("{} {access}", path["path"].as_str().unwrap())
        }
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_what_was_meant(denials in random::denials()) {
        let proposal = propose(denials);
        let file: toml::Table = proposal.to_string().parse().unwrap();
        prop_assert!(file.keys().all(|key| ["profile", "assign"].contains(&&**key)));
        let tables = |key| file.get(key).and_then(|v: &toml::Value| v.as_array());
        let profiles = tables("profile").cloned().unwrap_or_default();
        let assigns = tables("assign").cloned().unwrap_or_default();
        let drafts: Vec<_> = proposal.drafts.iter().filter(|d| !d.is_empty()).collect();
        prop_assert_eq!((profiles.len(), assigns.len()), (drafts.len(), drafts.len()));
        for (draft, (profile, assign)) in drafts.iter().zip(profiles.iter().zip(&assigns)) {
            prop_assert_eq!(read(profile.as_table().unwrap()), written(draft));
            let said = |key| assign.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            let subject = &draft.subject;
            let expected = [
                Some(draft.name.clone()),
                subject.image.clone(),
                subject.name.as_deref().map(literal),
                subject.runtime.map(str::to_owned),
            ];
            prop_assert_eq!(["profile", "image", "name", "runtime"].map(said), expected);
        }
    }

    #[test]
    fn every_setting_was_seen(denials in random::denials()) {
        let proposal = propose(denials.clone());
        for draft in &proposal.drafts {
            let of = || denials.iter().filter(|denial| is_about(draft, denial));
            prop_assert!(of().any(|denial| denial.container.profile == draft.extends));
            for (setting, seen) in &draft.findings.settings {
                let found = || of().flat_map(|denial| finding::all(denial, &Fake));
                let same = |f: &finding::Finding| f.answer == Answer::Setting(setting.clone());
                prop_assert!(found().any(|f| same(&f)), "{setting:?}");
                prop_assert_eq!(seen.writable, found().any(|f| same(&f) && f.writable));
            }
            for rule in draft.allow() {
                let is_seen = of().any(|denial| denial.rule == rule);
                prop_assert!(is_seen || draft.allowed.contains(rule), "{rule}");
            }
        }
    }

    #[test]
    fn every_denial_is_covered(denials in random::denials()) {
        let proposal = propose(denials.clone());
        let mut expected = 0;
        for denial in &denials {
            let found = finding::all(denial, &Fake);
            prop_assert!(!found.is_empty());
            expected += times(denial) * found.len() as u64;
            for finding in found {
                let has = |findings: &Findings| match &finding.answer {
                    Answer::Setting(setting) => findings.settings.contains_key(setting),
                    Answer::Nothing(why) => {
                        findings.rest.contains_key(&(why.clone(), finding.what.clone()))
                    }
                };
                let about = proposal.drafts.iter().filter(|draft| is_about(draft, denial));
                let mut whose: Vec<_> = about.map(|draft| &draft.findings).collect();
                if whose.is_empty() {
                    whose.push(&proposal.nobody);
                }
                prop_assert!(whose.into_iter().any(has), "{finding:?}");
            }
        }
        let count = |findings: &Findings| {
            let seen = findings.settings.values().chain(findings.rest.values());
            seen.map(|seen| seen.count).sum::<u64>() + findings.uncounted
        };
        prop_assert_eq!(all(&proposal).map(count).sum::<u64>(), expected);
    }
}
