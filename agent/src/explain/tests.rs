//! From a command line to the verdict.

mod commands;
mod random;

use std::{fs, path::Path};

use tempfile::TempDir;

use super::*;
use crate::policy::{self, Policy};

const MOUNTS: &str = "\
21 1 259:3 / / rw shared:1 - ext4 /dev/root rw\n\
22 21 0:21 / /sys rw - sysfs sysfs rw\n\
23 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n\
24 22 0:7 / /sys/kernel/debug rw - debugfs debugfs rw\n\
25 21 0:22 / /proc rw - proc proc rw\n\
26 21 0:6 / /dev rw - devtmpfs udev rw\n\
27 26 0:24 / /dev/shm rw - tmpfs tmpfs rw\n\
28 21 8:1 / /srv/disk rw - xfs /dev/sda1 rw\n";

/// A host with some mounts, and a link.
pub(super) fn host() -> (TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    for folder in [
        "proc/self",
        "srv/backup",
        "srv/disk",
        "home/me",
        "etc/bulkhead",
    ] {
        fs::create_dir_all(path.join(folder)).unwrap();
    }
    fs::write(path.join("proc/self/mountinfo"), MOUNTS).unwrap();
    std::os::unix::fs::symlink("srv/backup", path.join("backup")).unwrap();
    let host = Host::read(path);
    (root, host)
}

pub(super) fn policy(text: &str, host: &Host) -> Policy {
    let file = host.root().join("etc/bulkhead/policy.toml");
    fs::write(&file, text).unwrap();
    policy::load(Some(&file), host.root()).unwrap()
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Rule, what was asked and where, of every refusal.
fn refusals(answer: &Answer) -> Vec<String> {
    let text =
        |refusal: &decide::Refusal| format!("{}: {} | {}", refusal.rule, refusal.asked, refusal.at);
    answer.refusals.iter().map(text).collect()
}

#[track_caller]
fn explain(line: &str, text: &str) -> Answer {
    let (_root, host) = host();
    let asked = command(&words(line), Path::new("/home/me"), &host).unwrap();
    answer(&policy(text, &host), asked, &host)
}

#[track_caller]
fn check(line: &str, expected: &[&str]) {
    let answer = explain(line, "");
    assert_eq!(refusals(&answer), expected, "{line}");
    let verdict = if expected.is_empty() {
        Verdict::Admitted
    } else {
        Verdict::Refused
    };
    assert_eq!(answer.verdict, verdict, "{line}");
}

#[test]
fn host_paths_are_what_they_are_for_the_probe() {
    let backup = "[[profile]]\nname = \"baseline\"\nhost_paths = [{ path = \"/backup\" }]";
    for (volume, admitted) in [
        ("/srv/backup:/x:ro", true),
        ("/backup:/x:ro", true),
        ("/srv/backup/../backup/deep:/x:ro", true),
        ("/srv/backup:/x", false),
        ("/srv/backup2:/x:ro", false),
        ("/srv:/x:ro", false),
        ("/var/lib/docker/volumes/v/_data:/x", true),
        ("/var/lib/docker/volumes:/x", false),
        ("/var/lib/docker/overlay2/l/merged:/x", false),
        ("/var/lib/docker/containers/other/hosts:/x", false),
    ] {
        let answer = explain(&format!("docker run -v {volume} nginx"), backup);
        assert_eq!(answer.refusals.is_empty(), admitted, "{volume}");
    }
    let all = "[[profile]]\nname = \"baseline\"\nhost_paths = [{ path = \"/srv\" }]";
    assert_eq!(
        explain("docker run -v /srv:/x:ro nginx", all).verdict,
        Verdict::Admitted
    );
    let podman = explain("podman run -v /srv:/x:ro nginx", all);
    assert_eq!(
        refusals(&podman),
        ["host-path: /srv/disk at /x/disk, writable | -v /srv:/x:ro"]
    );
    assert!(
        podman.refusals[0]
            .advice
            .starts_with("mount it read-only, or add { path = \"/srv/disk\", access = \"rw\" } to")
    );
}

#[test]
fn the_answer_says_which_profile_and_why() {
    let text = "\
[[profile]]\nname = \"ci\"\nhost_paths = [{ path = \"/srv\", access = \"rw\" }]\n\
[[assign]]\nimage = \"other\"\nprofile = \"baseline\"\n\
[[assign]]\nlabel.role = \"ci\"\nprofile = \"ci\"\nmode = \"audit\"\n";
    let answer = explain(
        "docker run --label role=ci -v /srv:/x --pid host nginx",
        text,
    );
    assert_eq!(
        (answer.profile.as_str(), answer.chosen.assign),
        ("ci", Some(2))
    );
    assert_eq!(answer.chosen.line, Some(7));
    assert_eq!(answer.verdict, Verdict::Audited);
    assert_eq!(refusals(&answer), ["host-namespace: pid | --pid host"]);
    let podman = explain(
        "podman run --label role=ci --annotation other=1 nginx sh",
        text,
    );
    assert_eq!(
        (podman.profile.as_str(), podman.chosen.assign),
        ("baseline", None)
    );
}

#[test]
fn restricted_asks_for_more() {
    let rules = |line: &str| {
        let answer = explain(line, "default = \"restricted\"");
        let text = |refusal: &decide::Refusal| format!("{} | {}", refusal.rule, refusal.at);
        answer.refusals.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(
        rules("docker run --security-opt seccomp=unconfined nginx"),
        [
            "capabilities | Docker's default",
            "seccomp | --security-opt seccomp=unconfined",
            "no-new-privs | no --security-opt no-new-privileges",
            "root-user | no user is named",
        ]
    );
    let nothing = "--cap-drop ALL --security-opt no-new-privileges -u 1000 nginx";
    assert_eq!(
        rules(&format!("docker run {nothing}")),
        Vec::<String>::new()
    );
    assert_eq!(
        rules(&format!("docker run {nothing} -u 0")),
        Vec::<String>::new()
    );
    let named = "podman run --userns=auto --security-opt=no-new-privileges --user root alpine sh";
    assert_eq!(rules(named), Vec::<String>::new(), "root of its own");
    let exec = rules("docker exec -u 0 web sh");
    assert_eq!(
        exec.last().map(String::as_str),
        Some("root-user | --user 0")
    );
}

#[test]
fn what_a_profile_opens_is_open() {
    let privileged = "docker run --privileged --pid host --ipc host -v /:/x nginx";
    assert_eq!(
        explain(privileged, "default = \"privileged\"").verdict,
        Verdict::Admitted
    );
    let open = "[[profile]]\nname = \"baseline\"\ncapabilities.add = [\"SYS_ADMIN\"]\n\
                host_namespaces = [\"pid\"]\nkernel_filesystems = [\"debugfs\"]\nproc_mount = \"unmasked\"";
    let line = "docker run --cap-add SYS_ADMIN --cap-add BPF --pid host --network host \
                --security-opt systempaths=unconfined -v /sys:/sys:ro nginx";
    let expected = [
        "capabilities: BPF | --cap-add BPF",
        "host-namespace: net | --network host",
    ];
    assert_eq!(refusals(&explain(line, open)), expected);
}

#[test]
fn a_disk_of_the_policy_may_be_mounted() {
    let (_root, host) = host();
    let line = "docker run --mount dst=/x,volume-opt=type=ext4,volume-opt=device=/dev/sdb x";
    let asked = command(&words(line), Path::new("/"), &host).unwrap();
    for (path, refused) in [("/dev/sdb", 0), ("/dev/sda", 1)] {
        let path = path.into();
        let book = decide::Rulebook {
            name: "baseline",
            profile: &probe_common::container::Profile::default(),
            host_paths: &[],
            devices: &[policy::Device {
                path,
                block: true,
                dev: 0,
            }],
        };
        let found = decide::decide(book, &asked, &host);
        let disks = found
            .iter()
            .filter(|refusal| refusal.rule == "block-device");
        assert_eq!(disks.count(), refused);
    }
}

#[test]
fn what_holds_later_is_said_too() {
    let assigned = "[[assign]]\nimage = \"nginx\"\nprofile = \"own\"\n[[profile]]\nname = \"own\"\n\
                    contain.allow = [\"mount\", \"device\"]\n";
    let answer = explain("docker run --device /dev/fuse --pid host nginx", assigned);
    assert_eq!(answer.verdict, Verdict::Refused);
    assert_eq!(answer.own_profile, None);
    assert_eq!(answer.not_contained, ["mount", "device"]);
    let text = answer.to_string();
    assert!(text.contains("  device /dev/fuse: rule device decides when it is opened\n"));
    assert!(text.contains("  contained: by every rule but mount, device\n"));
    let strict = "[[profile]]\nname = \"baseline\"\ncontain.allow = []\n";
    let answer = explain("docker run nginx", strict);
    assert_eq!(answer.own_profile, None);
    assert!(answer.to_string().contains("  contained: by every rule\n"));
}

#[test]
fn each_setting_has_its_line() {
    let text = "\
default = \"ci\"\n\
[[profile]]\nname = \"baseline\"\ncapabilities.add = [\"SYS_TIME\"]\n\
[[profile]]\nname = \"ci\"\nhost_paths = [{ path = \"/srv\" }]\nhost_namespaces = [\"pid\"]\n";
    let line = "docker run --cap-add SYS_TIME --cap-add SYS_BOOT -v /srv:/x:ro -v /home:/y nginx";
    let answer = explain(line, text);
    assert_eq!(answer.chosen.line, Some(1));
    let at = |line: usize| format!("policy.toml:{line}");
    let ends = |said: &Option<String>, line: usize| {
        said.as_ref().is_some_and(|said| said.ends_with(&at(line)))
    };
    let found: Vec<_> = answer
        .refusals
        .iter()
        .map(|r| (&*r.rule, &r.said))
        .collect();
    let [("host-path", paths), ("capabilities", capabilities)] = found[..] else {
        panic!("{found:?}")
    };
    assert!(ends(paths, 7) && ends(capabilities, 4), "{found:?}");
    let found: Vec<_> = answer
        .granted
        .iter()
        .map(|g| (&*g.asked, g.key, &g.said))
        .collect();
    let [
        (path, "host_paths", paths),
        ("SYS_TIME", "capabilities", capabilities),
    ] = found[..]
    else {
        panic!("{found:?}")
    };
    assert_eq!(path, "/srv at /x, read-only");
    assert!(ends(paths, 7) && ends(capabilities, 4), "{found:?}");
    let text = answer.to_string();
    assert!(text.contains(
        "  host-path: /srv at /x, read-only (-v /srv:/x:ro)\n    let in by host_paths ("
    ));

    let answer = explain(
        "docker run --privileged nginx",
        "default = \"privileged\"\n",
    );
    assert!(answer.granted.iter().all(|granted| granted.said.is_none()));
    assert!(
        answer
            .to_string()
            .contains("    let in by capabilities (built in)\n")
    );
    assert!(explain("docker run nginx", "").granted.is_empty());
}

#[test]
fn one_key_is_advised_once_with_all_that_it_needs() {
    let answer = explain(
        "docker run --cap-add SYS_TIME --cap-add SYS_BOOT --pid host --ipc host nginx",
        "",
    );
    let text = answer.to_string();
    for line in [
        "    to let it pass: write capabilities.add = [\"SYS_BOOT\", \"SYS_TIME\"] in profile baseline",
        "    to let it pass: write host_namespaces = [\"pid\", \"ipc\"] in profile baseline",
    ] {
        assert_eq!(text.matches(line).count(), 1, "{text}");
    }
}

#[test]
fn people_read_it() {
    let answer = explain(
        "docker run --pid host -v /srv/backup:/data evil\x1b[31m",
        "",
    );
    let text = answer.to_string();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("refused by profile baseline"));
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("  profile: baseline, the default of ")
    );
    let rest: Vec<_> = lines.collect();
    assert_eq!(
        rest[..3],
        [
            "  host-path: /srv/backup at /data, writable (-v /srv/backup:/data)",
            "    allowed: none (built in)",
            "    to let it pass: write host_paths = [{ path = \"/srv/backup\", access = \"rw\" }] in profile baseline",
        ]
    );
    assert!(
        rest.contains(&"    to let it pass: write host_namespaces = [\"pid\"] in profile baseline")
    );
    assert!(
        rest.iter()
            .any(|line| line.starts_with("  assumed: the image names no user"))
    );
    assert!(rest.contains(
        &"  baseline is the default; for this one alone: [[profile]] with name = \"…\" and what it \
          needs, and [[assign]] with image = \"evil\\u{1b}[31m\" and profile = \"…\""
    ));
    assert!(rest.contains(&"  contained: by every rule but user-namespace"));
    assert!(!text.contains('\x1b'));
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["verdict"], "refused");
    assert_eq!(json["refusals"][0]["rule"], "host-path");
}
