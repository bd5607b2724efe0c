//! From a command line to the verdict.

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
fn baseline_lets_the_usual_in() {
    for line in [
        "docker run nginx",
        "sudo -E docker -H unix:///x --context=c container run -dit --rm -p 80:80 -e A=B nginx sh -c x",
        "DOCKER_HOST=x sudo -u me docker create --name=web -v data:/data --tmpfs /run nginx",
        "docker run --mount type=tmpfs,dst=/x --device /dev/fuse --user 0 nginx",
        "docker run --security-opt seccomp=unconfined --cgroupns host --uts=host nginx",
        "docker run --cap-drop ALL --cap-add CHOWN nginx",
        "docker run --privileged=false nginx",
        "docker run -v /dev/null:/x -v /sys/fs/cgroup:/sys/fs/cgroup:ro nginx",
        "docker run nginx --privileged -v /:/x",
        "podman run -v /usr/share/zoneinfo:/zone:ro alpine",
        "podman --log-level debug run --systemd=true --userns auto --cap-add ALL alpine",
        "/usr/bin/podman run --rm docker://alpine /bin/sh",
        "docker exec -it web sh",
    ] {
        check(line, &[]);
    }
}

#[test]
fn what_reaches_the_host_is_refused_and_said_where() {
    let path = |path: &str, at: &str| format!("host-path: {path} | {at}");
    let disk = "--mount type=volume,dst=/x,volume-opt=type=ext4,volume-opt=device=/dev/sdb";
    for (options, expected) in [
        (
            "-v /:/x",
            &[
                path("/ at /x, writable", "-v /:/x").as_str(),
                "kernel-filesystem: sysfs | -v /:/x",
                "kernel-filesystem: cgroup2 | -v /:/x",
                "kernel-filesystem: debugfs | -v /:/x",
            ][..],
        ),
        (
            "-v ./data:/x",
            &[&path("/home/me/data at /x, writable", "-v ./data:/x")],
        ),
        (
            "-v /sys:/sys:ro",
            &["kernel-filesystem: debugfs | -v /sys:/sys:ro"],
        ),
        (
            "-v /var/run/docker.sock:/s",
            &[&path(
                "/var/run/docker.sock at /s, writable",
                "-v /var/run/docker.sock:/s",
            )],
        ),
        (
            disk,
            &[&format!("block-device: /dev/sdb at /x, writable | {disk}")],
        ),
        (
            "--cap-add SYS_ADMIN --cap-add=net_admin",
            &[
                "capabilities: NET_ADMIN | --cap-add net_admin",
                "capabilities: SYS_ADMIN | --cap-add SYS_ADMIN",
            ],
        ),
        (
            "--pid=host --network host",
            &[
                "host-namespace: pid | --pid host",
                "host-namespace: net | --network host",
            ],
        ),
        (
            "--ipc host",
            &[
                &path("/dev/shm at /dev/shm, writable", "--ipc host"),
                "host-namespace: ipc | --ipc host",
            ],
        ),
        (
            "--security-opt systempaths=unconfined",
            &["proc-mount: a /proc without masks | --security-opt systempaths=unconfined"],
        ),
        (
            "--security-opt writable-cgroups=true",
            &["kernel-filesystem: cgroup2 | --security-opt writable-cgroups=true"],
        ),
    ] {
        check(&format!("docker run {options} nginx"), expected);
    }
}

#[test]
fn privileged_is_all_of_it() {
    for engine in ["docker", "podman"] {
        let answer = explain(&format!("{engine} run --privileged x"), "");
        let rules: Vec<_> = answer.refusals.iter().map(|refusal| refusal.rule).collect();
        let expected = [
            "capabilities",
            "kernel-filesystem",
            "kernel-filesystem",
            "proc-mount",
        ];
        assert_eq!(rules, expected);
        assert!(
            answer
                .refusals
                .iter()
                .all(|refusal| refusal.at == "--privileged")
        );
    }
    let [refusal] = &explain("docker exec --privileged web sh", "").refusals[..] else {
        panic!()
    };
    assert_eq!(
        (refusal.rule, refusal.at.as_str()),
        ("capabilities", "--privileged")
    );
}

#[test]
fn podman_has_its_own_ways() {
    for (options, rest, expected) in [
        (
            "--cap-add SYS_ADMIN,CHOWN",
            "x",
            "capabilities: SYS_ADMIN | --cap-add SYS_ADMIN",
        ),
        (
            "--systemd always",
            "x",
            "kernel-filesystem: cgroup2 | --systemd always",
        ),
        (
            "",
            "x /sbin/init",
            "kernel-filesystem: cgroup2 | /sbin/init, which podman takes for systemd",
        ),
        (
            "--security-opt unmask=ALL",
            "x",
            "proc-mount: a /proc without masks | --security-opt unmask=ALL",
        ),
        (
            "--security-opt unmask=/proc/sys",
            "x",
            "proc-mount: a /proc without masks | --security-opt unmask=/proc/sys",
        ),
        (
            "--rootfs",
            "/srv/backup sh",
            "host-path: /srv/backup at /, writable | --rootfs /srv/backup",
        ),
        (
            "-v /sys:/sys:ro",
            "x",
            "kernel-filesystem: cgroup2 | -v /sys:/sys:ro",
        ),
    ] {
        let answer = explain(&format!("podman run {options} {rest}"), "");
        assert_eq!(
            refusals(&answer).first().map(String::as_str),
            Some(expected),
            "{options}"
        );
    }
    check("podman run --security-opt unmask=/proc/acpi alpine sh", &[]);
    check(
        "podman run -v /srv/backup:/x:O alpine sh",
        &["host-path: /srv/backup at /x, writable | -v /srv/backup:/x:O"],
    );
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
            .starts_with("mount it read-only, or write host_paths")
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
fn the_last_of_several_counts() {
    for options in [
        "--pid host --pid container:x --ipc=host --ipc private --privileged --privileged=false",
        "--security-opt seccomp=unconfined --security-opt seccomp=/x.json --uts host --userns host",
    ] {
        check(&format!("docker run {options} nginx"), &[]);
    }
    check(
        "docker run --network host --network other nginx",
        &["host-namespace: net | --network host"],
    );
    check(
        "podman run --userns auto --userns host --cap-drop ALL alpine sh",
        &[],
    );
}

#[test]
fn restricted_asks_for_more() {
    let restricted = probe_common::container::Profile {
        capabilities: probe_common::admission::NET_BIND_SERVICE,
        namespaces: 0b1110_1000,
        ..Default::default()
    };
    let book = decide::Rulebook {
        name: "restricted",
        profile: &restricted,
        host_paths: &[],
    };
    let (_root, host) = host();
    let rules = |line: &str| {
        let asked = command(&words(line), Path::new("/"), &host).unwrap();
        let refusals = decide::decide(book, &asked, &host);
        let text = |refusal: &decide::Refusal| format!("{} | {}", refusal.rule, refusal.at);
        refusals.iter().map(text).collect::<Vec<_>>()
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
        rules(&format!("docker run {nothing} --user 0")),
        Vec::<String>::new()
    );
    let named = "podman run --userns=auto --security-opt=no-new-privileges --user root alpine sh";
    assert_eq!(rules(named), Vec::<String>::new(), "root of its own");
    assert_eq!(
        rules("docker exec -u 0 web sh").last().map(String::as_str),
        Some("root-user | --user 0")
    );
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
            "  host-path: /srv/backup at /data, writable, by -v /srv/backup:/data",
            "    allowed: none",
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
    assert!(!text.contains('\x1b'));
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["verdict"], "refused");
    assert_eq!(json["refusals"][0]["rule"], "host-path");
}

#[test]
fn what_is_not_understood_is_an_error_that_names_it() {
    let (_root, host) = host();
    for (line, error) in [
        ("", "there is no command after --"),
        (
            "docker ps",
            "\"docker ps\" is not understood, only docker and podman run, create and exec are",
        ),
        (
            "nerdctl run x",
            "\"nerdctl\" is not understood, only docker and podman run, create and exec are",
        ),
        ("docker run", "docker run names no image"),
        (
            "docker run --no-such x",
            "docker run has no option --no-such",
        ),
        ("docker --no-such run x", "docker has no option --no-such"),
        (
            "docker run --systemd always x",
            "docker run has no option --systemd",
        ),
        (
            "docker run --cap-add SYS_ADMN x",
            "--cap-add SYS_ADMN: there is no capability \"SYS_ADMN\"",
        ),
        (
            "docker run --cap-add A,B x",
            "--cap-add A,B: there is no capability \"A,B\"",
        ),
        (
            "docker run --security-opt secomp=unconfined x",
            "there is no --security-opt secomp",
        ),
        (
            "docker run --userns private x",
            "--userns private: there is no such mode",
        ),
        ("docker exec --user 0", "docker exec names no container"),
    ] {
        let found = command(&words(line), Path::new("/"), &host).unwrap_err();
        assert_eq!(found.to_string(), error, "{line}");
    }
}
