mod policy;
mod properties;
mod random;

use std::collections::BTreeSet;

use probe_common::rule::{causes, rules};

use super::*;
use crate::{
    denials::{Container, Violation, sample},
    policy::{Access, Policy},
};

/// Where everything is but `/gone`, and the only disk is the first.
struct Fake;

impl Host for Fake {
    fn has(&self, path: &str) -> bool {
        !path.starts_with("/gone")
    }

    fn node(&self, number: &str, _: Option<&str>) -> Option<String> {
        (number == "259:0").then(|| "/dev/nvme0n1".to_owned())
    }
}

fn propose(denials: impl IntoIterator<Item = Denial>) -> Proposal {
    let known = Known::of(&Policy::default());
    let mut learner = Learner::new(&known, &Fake);
    for denial in denials {
        learner.add(&Line::Denial(Box::new(denial)));
    }
    learner.propose()
}

fn denial(record: &probe_common::record::Denial) -> Denial {
    match sample::line(record, 1) {
        Line::Denial(denial) => *denial,
        _ => unreachable!("a record is a denial"),
    }
}

fn violation(rule: &str) -> Violation {
    Violation {
        rule: rule.to_owned(),
        ..Violation::default()
    }
}

/// An admission of `web` that was refused for these.
fn admission(violations: Vec<Violation>) -> Denial {
    Denial {
        violations,
        ..denial(&sample::host_path())
    }
}

fn mount(from: &str, access: Access) -> Violation {
    Violation {
        cause: Some("unanchored".to_owned()),
        access: Some(access),
        host_path: Some(from.to_owned()),
        path: Some("/x".to_owned()),
        ..violation("host-path")
    }
}

/// The proposal without its comments.
#[track_caller]
fn check(denials: Vec<Denial>, expected: &str) {
    let text = propose(denials).to_string();
    let is_code = |line: &&str| !line.trim_start().starts_with('#') && !line.is_empty();
    let code: Vec<_> = text.lines().filter(is_code).collect();
    assert_eq!(code.join("\n"), expected.trim(), "\n{text}");
    text.parse::<::toml::Table>().unwrap();
}

const NGINX: &str = "[[assign]]\nimage = \"docker.io/library/nginx:1.27\"\nprofile = \"nginx\"";

#[test]
fn every_setting_is_there_once() {
    let all = vec![
        mount("/srv/data", Access::Ro),
        mount("/srv/up", Access::Rw),
        mount("/gone", Access::Rw),
        mount("/", Access::Rw),
        mount("…/deep", Access::Ro),
        Violation {
            capabilities: vec!["SYS_TIME".into(), "NET_ADMIN".into(), "63".into()],
            ..violation("capabilities")
        },
        Violation {
            namespaces: vec!["pid".into(), "mnt".into()],
            ..violation("host-namespace")
        },
        Violation {
            filesystems: vec!["tracefs".into()],
            ..violation("kernel-filesystem")
        },
        violation("proc-mount"),
        violation("seccomp"),
        violation("no-new-privs"),
        violation("root-user"),
    ];
    let expected = format!(
        "[[profile]]\nname = \"nginx\"\nextends = \"baseline\"\n\
         host_paths = [\n  {{ path = \"/srv/data\" }},\n  {{ path = \"/srv/up\", access = \"rw\" }},\n]\n\
         capabilities.add = [\n  \"NET_ADMIN\",\n  \"SYS_TIME\",\n]\n\
         host_namespaces = [\n  \"pid\",\n]\n\
         kernel_filesystems = [\n  \"tracefs\",\n]\n\
         no_new_privs = \"any\"\nproc_mount = \"unmasked\"\nseccomp = \"any\"\nuser = \"any\"\n{NGINX}"
    );
    let refused = admission(all);
    check(vec![refused.clone(), refused], &expected);
}

#[test]
fn rules_come_on_top_of_those_that_are_allowed() {
    let expected = format!(
        "[[profile]]\nname = \"nginx\"\nextends = \"baseline\"\n\
         contain.allow = [\n  \"kernel-interface\",\n  \"mount\",\n  \"user-namespace\",\n]\n{NGINX}"
    );
    let seen = [sample::mount(), sample::kernel_interface()];
    check(seen.iter().map(denial).collect(), &expected);
}

#[test]
fn a_socket_is_a_path_and_a_disk_a_device() {
    let seen = [
        sample::docker_socket(),
        sample::shim(),
        sample::device(),
        sample::mknod(),
        sample::terminal(),
    ];
    let expected = format!(
        "[[profile]]\nname = \"nginx\"\nextends = \"baseline\"\n\
         host_paths = [\n  {{ path = \"/run/docker.sock\" }},\n]\n\
         devices = [\n  \"/dev/nvme0n1\",\n]\n\
         contain.allow = [\n  \"device\",\n  \"runtime-socket\",\n  \"user-namespace\",\n]\n{NGINX}"
    );
    check(seen.iter().map(denial).collect(), &expected);
}

#[test]
fn what_no_setting_lets_in_is_a_comment() {
    let mut blind = sample::setns();
    blind.cause = causes::NO_WINDOW;
    let seen = [sample::working_directory(), blind, sample::host_path()];
    let proposal = propose(seen.iter().map(denial));
    let text = proposal.to_string();
    assert!(proposal.drafts[0].is_empty(), "{text}");
    assert_eq!(proposal.drafts[0].findings.rest.len(), 3, "{text}");
    assert!(
        text.contains("the whole host, with every password"),
        "{text}"
    );
    assert!(
        text.lines().all(|l| l.is_empty() || l.starts_with('#')),
        "{text}"
    );
}

#[test]
fn containers_of_one_image_are_told_apart_by_name_where_they_have_to_be() {
    let of = |name: &str, image: Option<&str>, profile: &str| {
        let mut denial = denial(&sample::mount());
        denial.container.name = Some(name.to_owned());
        denial.container.image = image.map(str::to_owned);
        denial.container.runtime = Some("runc".to_owned());
        denial.container.profile = profile.to_owned();
        denial
    };
    let proposal = propose([
        of("a", Some("nginx"), "baseline"),
        of("b*", Some("docker.io/library/nginx:latest"), "ci"),
        of("c", Some("app@sha256:1"), "baseline"),
        of("d", Some("app@sha256:1"), "baseline"),
        of("e", None, "baseline"),
        Denial {
            container: Container {
                by_descent: true,
                ..of("f", None, "baseline").container
            },
            ..of("f", None, "baseline")
        },
    ]);
    let text = proposal.to_string();
    let file: ::toml::Table = text.parse().unwrap();
    let assigns = file["assign"].as_array().unwrap();
    let expected = [
        "image = 'docker.io/library/nginx:latest'\nname = 'a'\nprofile = 'nginx'",
        "image = 'docker.io/library/nginx:latest'\nname = 'b[*]'\nprofile = 'nginx-2'",
        "image = 'docker.io/library/app@sha256:1'\nprofile = 'app'",
        "name = 'e'\nruntime = 'runc'\nprofile = 'e'",
        "runtime = 'runc'\nprofile = 'runc'",
    ];
    let expected: Vec<::toml::Table> = expected.iter().map(|e| e.parse().unwrap()).collect();
    let found: Vec<_> = assigns
        .iter()
        .map(|a| a.as_table().unwrap().clone())
        .collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(proposal.drafts[1].extends, "ci");
    assert!(text.contains("They have profile ci by an assign"), "{text}");
}

#[test]
fn losses_and_the_nameless_are_told() {
    let mut step = denial(&sample::mount());
    step.container.name = None;
    step.container.image = None;
    step.repeated = Some(6);
    let known = Known::default();
    let mut learner = Learner::new(&known, &Fake);
    learner.add(&sample::lost(3));
    learner.add(&sample::lost(2));
    learner.add(&Line::Denial(Box::new(step)));
    assert_eq!(learner.denied(), 7);
    let text = learner.propose().to_string();
    assert!(
        text.starts_with("# Proposed by `bulkhead learn` from 7 denials."),
        "{text}"
    );
    assert!(text.contains("# 5 denials were lost (ring)"), "{text}");
    assert!(
        text.contains("# Needs contain.allow = mount: 7 times"),
        "{text}"
    );
    assert!(text.parse::<::toml::Table>().unwrap().is_empty(), "{text}");
}

#[test]
fn a_flood_of_names_is_counted_and_not_kept() {
    let paths = (0..300).map(|i| admission(vec![mount(&format!("/srv/{i}"), Access::Ro)]));
    let proposal = propose(paths);
    let findings = &proposal.drafts[0].findings;
    assert_eq!((findings.settings.len(), findings.uncounted), (200, 100));
    let images = (0..300).map(|i| {
        let mut denial = denial(&sample::mount());
        denial.container.image = Some(format!("app{i}"));
        denial
    });
    let proposal = propose(images);
    assert_eq!((proposal.drafts.len(), proposal.beyond), (200, 100));
    let names: BTreeSet<_> = proposal.drafts.iter().map(|draft| &draft.name).collect();
    assert_eq!(names.len(), 200);
}

/// The names of every rule, for the tests beside this.
fn rule_names() -> Vec<&'static str> {
    rules::ALL.iter().map(|(_, name)| *name).collect()
}
