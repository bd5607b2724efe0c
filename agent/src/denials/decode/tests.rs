use serde_json::json;

use crate::{
    containers::Lookup,
    denials::{Line, sample},
};

use super::*;

fn decode(record: &record::Denial) -> Denial {
    sample::decoder().denial(record, sample::web(), sample::BASELINE)
}

#[test]
fn the_line_of_the_design() {
    let mut line = decode(&sample::host_path());
    line.seq = 41;
    let expected = format!(
        concat!(
            r#"{{"v":1,"seq":41,"time":"2026-11-22T05:12:09.402113Z","node":"web-3","#,
            r#""verdict":"denied","mode":"enforce","rule":"host-path","#,
            r#""hook":"bprm_check_security","attack":["T1611"],"container":{{"id":"{id}","#,
            r#""name":"web","image":"nginx:1.27","runtime":"docker","profile":"baseline","#,
            r#""cgroup_id":179,"lookup":"resolved"}},"process":{{"pid":394,"tid":394,"#,
            r#""ppid":371,"uid":0,"comm":"head","exe":"/bin/head"}},"target":{{"#,
            r#""host_path":"/","path":"/tmp","fs":"ext4","dev":"259:0","ino":2}},"#,
            r#""cause":"unanchored","violations":[{{"rule":"host-path","cause":"unanchored","#,
            r#""host_path":"/","path":"/tmp","access":"rw"}}],"syscall":"execve","#,
            r#""hint":"nobody should let the whole host into a container: "#,
            r#"mount only the directory that it needs"}}"#,
        ),
        id = "2f".repeat(32)
    );
    assert_eq!(serde_json::to_string(&line).unwrap(), expected);
}

#[test]
fn a_line_reads_back() {
    let line = Line::Denial(Box::new(decode(&sample::host_path())));
    let text = serde_json::to_string(&line).unwrap();
    assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
    let stopped = sample::stopped(None);
    let text = serde_json::to_string(&stopped).unwrap();
    assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), stopped);
    let lost = sample::lost(3);
    let text = serde_json::to_string(&lost).unwrap();
    assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), lost);
}

#[test]
fn an_unknown_container_keeps_id_and_cgroup() {
    let denial = sample::decoder().denial(&sample::host_path(), Info::default(), sample::BASELINE);
    assert_eq!(denial.container.lookup, Lookup::Failed);
    assert_eq!(denial.container.id, Some("2f".repeat(32)));
    assert_eq!(denial.container.cgroup_id, 179);
    assert_eq!(denial.container.name, None);
}

#[test]
fn a_container_known_by_descent_shows_the_cgroup_of_its_task() {
    let mut record = sample::host_path();
    record.container = BY_DESCENT | 4_026_532_000;
    record.cgroup = 33;
    assert_eq!(decode(&record).container.cgroup_id, 33);
}

#[test]
fn unknown_numbers_have_an_answer() {
    let mut record = sample::host_path();
    record.broken = 0;
    (record.rule, record.hook, record.cause, record.verdict) = (99, 98, 97, 96);
    let denial = decode(&record);
    assert_eq!(denial.rule, "unknown-99");
    assert_eq!(denial.hook, "unknown-98");
    assert_eq!(denial.cause.as_deref(), Some("unknown-97"));
    assert_eq!(denial.verdict, "unknown-96");
    assert_eq!(denial.mode, Mode::Enforce);
}

#[test]
fn audit_mode_says_so() {
    let mut record = sample::host_path();
    record.verdict = verdicts::AUDITED;
    let denial = decode(&record);
    assert_eq!(
        (denial.verdict.as_str(), denial.mode),
        ("audited", Mode::Audit)
    );
}

#[test]
fn a_mount_shows_its_source_as_written() {
    let denial = decode(&sample::mount());
    assert_eq!(denial.target.source.as_deref(), Some("/dev/sda1"));
    assert_eq!(denial.target.path.as_deref(), Some("/mnt/x"));
    assert_eq!(denial.target.host_path, None);
    assert_eq!(denial.syscall.as_deref(), Some("mount"));
}

#[test]
fn setns_and_foreign_process_show_their_target() {
    let setns = decode(&sample::setns());
    assert_eq!(setns.target.namespace, Some(4_026_531_840));
    let kill = decode(&sample::kill());
    assert_eq!(kill.attack, ["T1611", "T1055"]);
    assert_eq!(kill.target.pid, Some(1));
    assert_eq!(kill.target.comm.as_deref(), Some("systemd"));
    assert_eq!(kill.target.signal, Some(9));
}

#[test]
fn a_bundle_outside_gets_a_hint_of_its_own() {
    let mut record = sample::host_path();
    record.path_lengths = 0;
    let hint = decode(&record).hint.unwrap();
    assert!(hint.starts_with("/ is the container's own root"), "{hint}");
}

#[test]
fn a_hostile_name_stays_a_toml_string_in_the_hint() {
    let mut record = sample::host_path();
    sample::put(&mut record.host_path, b"a\"b\0");
    record.path_lengths = 4 | 4 << 16;
    let hint = decode(&record).hint.unwrap();
    assert!(hint.contains(r#"path = "/a\"b""#), "{hint}");
}

/// What a record's target has, as JSON.
#[track_caller]
fn target(record: &record::Denial, expected: serde_json::Value) {
    let target = serde_json::to_value(decode(record).target).unwrap();
    assert_eq!(target, expected);
}

#[test]
fn containment_shows_what_it_was_tried_on() {
    target(
        &sample::foreign_file(),
        json!({"host_path": "/etc/shadow", "fs": "ext4", "dev": "259:0", "ino": 77}),
    );
    target(&sample::working_directory(), json!({"host_path": "/root"}));
    target(
        &sample::namespace_file(),
        json!({"namespace": 4_026_531_840_u64}),
    );
    target(
        &sample::kernel_interface(),
        json!({"path": "/proc/sys/kernel/core_pattern", "fs": "proc"}),
    );
    target(
        &sample::device(),
        json!({"path": "/dev/nvme0n1", "dev": "259:0"}),
    );
    target(&sample::mknod(), json!({"dev": "259:1"}));
    target(
        &sample::terminal(),
        json!({"path": "/dev/pts/0", "dev": "136:0", "detail": 0x5412}),
    );
    target(&sample::shim(), json!({"socket": "@/containerd-shim/s"}));
    target(&sample::bpf(), json!({"detail": 5}));
    target(&sample::module(), json!({"module": "net-pf-29"}));
    target(&sample::insmod(), json!({}));
    target(&sample::user_namespace(), json!({}));
    target(&sample::crypto_socket(), json!({"detail": 38}));
    target(&sample::handle(), json!({}));
}

#[test]
fn a_file_of_a_detached_mount_has_a_path() {
    let mut record = sample::foreign_file();
    record.rule = rules::MOUNT;
    assert_eq!(decode(&record).target.path.as_deref(), Some("/etc/shadow"));
    assert_eq!(decode(&record).target.source, None);
}

#[test]
fn command_zero_is_a_command() {
    let mut record = sample::bpf();
    record.detail = 0;
    target(&record, json!({"detail": 0}));
}

#[test]
fn techniques_are_those_of_the_act() {
    #[track_caller]
    fn check(record: &record::Denial, ids: &[&str]) {
        assert_eq!(decode(record).attack, ids);
    }
    check(&sample::foreign_file(), &["T1611"]);
    check(&sample::bpf(), &["T1611", "T1068"]);
    check(&sample::module(), &["T1068"]);
    check(&sample::insmod(), &["T1611", "T1547.006"]);
    let mut reboot = sample::insmod();
    reboot.syscall = 169;
    check(&reboot, &["T1529"]);
    let mut nice = sample::kill();
    nice.hook = hooks::TASK_SETNICE;
    check(&nice, &["T1499"]);
    check(&sample::user_namespace(), &["T1068"]);
}

#[test]
fn every_refusal_of_containment_has_one_thing_to_do() {
    #[track_caller]
    fn check(record: &record::Denial, hint: &str) {
        assert!(decode(record).hint.unwrap().contains(hint), "{hint}");
    }
    check(&sample::foreign_file(), "as a volume");
    check(&sample::working_directory(), "(`-w /`)");
    check(
        &sample::namespace_file(),
        "contain.allow = [\"user-namespace\", \"namespace-file\"]",
    );
    check(&sample::kernel_interface(), "on the host");
    check(
        &sample::device(),
        "contain.allow = [\"user-namespace\", \"device\"]",
    );
    check(
        &sample::shim(),
        "contain.allow = [\"user-namespace\", \"runtime-socket\"]",
    );
    check(
        &sample::docker_socket(),
        "host_paths = [{ path = \"/run/docker.sock\" }]",
    );
    check(&sample::module(), "modprobe net-pf-29");
    check(&sample::bpf(), "from the host");
    check(&sample::insmod(), "on the host");
    check(
        &sample::user_namespace(),
        "contain.allow = [\"user-namespace\"]",
    );
    check(
        &sample::crypto_socket(),
        "contain.allow = [\"user-namespace\", \"crypto-socket\"]",
    );
    check(
        &sample::handle(),
        "contain.allow = [\"user-namespace\", \"handle\"]",
    );
}

#[test]
fn what_is_allowed_already_stays_in_the_list_that_is_advised() {
    let policy = "[[profile]]\nname = \"ci\"\ncontain.allow = [\"mount\", \"kernel-code\"]";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), policy).unwrap();
    let policy = crate::policy::load(Some(file.path()), std::path::Path::new("/")).unwrap();
    let holder = crate::denials::Holder {
        profile: "ci",
        allowed: policy.profiles["ci"].allowed,
    };
    let denial = sample::decoder().denial(&sample::handle(), sample::web(), holder);
    let hint = denial.hint.unwrap();
    let list = "[\"mount\", \"kernel-code\", \"handle\"] in profile ci";
    assert!(hint.contains(list), "{hint}");
}

/// Found by the fuzz target `records`: it took memory without end.
#[test]
fn a_count_that_cannot_be_is_no_reason_to_count_so_far() {
    let mut record = sample::host_path();
    (record.detail, record.causes) = (u32::MAX, u32::MAX);
    assert!(decode(&record).violations.len() <= 8);
}
