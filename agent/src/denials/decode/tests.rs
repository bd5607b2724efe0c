use crate::{
    containers::Lookup,
    denials::{Line, sample},
};

use super::*;

fn decode(record: &record::Denial) -> Denial {
    sample::decoder().denial(record, sample::web())
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
            r#""cause":"unanchored","violations":1,"syscall":"execve","#,
            r#""hint":"add host_paths = [{{ path = \"/\" }}] to a profile and assign it, "#,
            r#"if this is wanted"}}"#,
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
    let lost = sample::lost(3);
    let text = serde_json::to_string(&lost).unwrap();
    assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), lost);
}

#[test]
fn an_unknown_container_keeps_id_and_cgroup() {
    let denial = sample::decoder().denial(&sample::host_path(), Info::default());
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
