//! A proposal is a policy, and one under which the same containers have what they were refused.

use std::{fs, path::Path};

use probe_common::{admission::FILESYSTEMS, label, rule::rules};
use proptest::prelude::*;

use super::{Known, Learner, Line, OnDisk, finding, random};
use crate::{
    capabilities,
    containers::{Info, Lookup},
    denials::Container,
    learn::{
        finding::{Answer, Setting},
        subject::{Subject, Who},
    },
    policy::{self, Access, HostPath, Policy, RUNTIMES},
};

/// The profiles that random containers had.
const BEFORE: &str = "\
[[profile]]
name = \"ci\"
contain.allow = [\"handle\"]
[[profile]]
name = \"a\\\"b\\n\"
";

fn load(text: &str, root: &Path) -> Policy {
    let file = root.join("policy.toml");
    fs::write(&file, text).unwrap();
    policy::load(Some(&file), root).unwrap_or_else(|e| panic!("{e}: {:?}\n{text}", e.hint()))
}

fn info(container: &Container) -> Info {
    let runtime = container.runtime.as_deref();
    Info {
        image: container.image.clone(),
        name: container.name.clone(),
        runtime: RUNTIMES.iter().find(|r| Some(**r) == runtime).copied(),
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_same_containers_have_it(denials in random::denials()) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("srv/x")).unwrap();
        let known = Known::of(&load(BEFORE, root.path()));
        let host = OnDisk(root.path().to_owned());
        let mut learner = Learner::new(&known, &host);
        for denial in &denials {
            learner.add(&Line::Denial(Box::new(denial.clone())));
        }
        let policy = load(&format!("{BEFORE}{}", learner.propose()), root.path());
        for denial in &denials {
            let info = info(&denial.container);
            let profile = policy.grant(&info).profile;
            for finding in finding::all(denial, &host) {
                let Answer::Setting(setting) = finding.answer else {
                    continue;
                };
                if Subject::of(&Who::of(&denial.container), true).is_nobody() {
                    continue;
                }
                prop_assert!(has(&policy, &profile, (&setting, finding.writable)), "{profile} {setting:?} {denial:?}");
            }
        }
    }
}

fn has(policy: &Policy, profile: &str, (setting, writable): (&Setting, bool)) -> bool {
    let profile = &policy.profiles[profile];
    let allows = |rule: u32| profile.allowed.contains(rule);
    let bit = |place: Option<usize>| 1u32 << place.unwrap();
    match setting {
        Setting::HostPath(path) => {
            let fits =
                |known: &HostPath| known.path == *path && (!writable || known.access == Access::Rw);
            profile.host_paths.iter().any(fits)
        }
        Setting::Allow(rule) => profile.allowed.contains_named(rule),
        Setting::Item("capabilities.add", name) => {
            profile.capabilities >> capabilities::number(name).unwrap() & 1 == 1
        }
        Setting::Item("host_namespaces", name) => {
            profile.namespaces & bit(label::NAMES.iter().position(|n| n == name)) != 0
        }
        Setting::Item("kernel_filesystems", name) => {
            profile.filesystems & bit(FILESYSTEMS.iter().position(|(_, n)| n == name)) != 0
        }
        Setting::Item(key, _) => panic!("{key}"),
        Setting::Word("proc_mount", _) => allows(rules::PROC_MOUNT),
        Setting::Word("seccomp", _) => allows(rules::SECCOMP),
        Setting::Word("no_new_privs", _) => allows(rules::NO_NEW_PRIVS),
        Setting::Word(..) => allows(rules::ROOT_USER),
    }
}
