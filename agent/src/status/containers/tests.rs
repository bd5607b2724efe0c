use std::os::unix::fs::{MetadataExt, symlink};

use probe_common::admission::DOCKERS;

use super::*;
use crate::policy::Policy;

struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        host.namespaces(1, |_| true);
        host.write("proc/1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
        host
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn namespaces(&self, pid: u32, is_hosts: impl Fn(&str) -> bool) {
        let folder = self.0.path().join(format!("proc/{pid}/ns"));
        fs::create_dir_all(&folder).unwrap();
        for name in label::NAMES {
            let number = if is_hosts(name) { 1 } else { pid };
            symlink(format!("{name}:[{number}]"), folder.join(name)).unwrap();
        }
    }

    fn process(&self, pid: u32, start: u32, status: &str) {
        let before = "0 ".repeat(18);
        let stat = format!("{pid} (a) b) S {before}{start} 0 0\n");
        self.write(&format!("proc/{pid}/stat"), &stat);
        self.write(&format!("proc/{pid}/status"), status);
        self.write(&format!("proc/{pid}/mountinfo"), "");
    }

    /// A cgroup with these processes, and its id.
    fn cgroup(&self, path: &str, processes: &str) -> u64 {
        self.write(&format!("sys/fs/cgroup/{path}/cgroup.procs"), processes);
        let folder = self.0.path().join("sys/fs/cgroup").join(path);
        fs::metadata(folder).unwrap().ino()
    }

    fn look(&self, cgroup: u64) -> Row {
        let profile = Policy::default().profiles["baseline"].clone();
        let look = Look {
            root: self.0.path().to_owned(),
            of: vec![(row(cgroup), Info::default(), profile)],
        };
        look.rows().remove(0)
    }
}

fn row(cgroup_id: u64) -> Row {
    Row {
        id: None,
        name: Some("web".to_owned()),
        image: None,
        runtime: None,
        cgroup_id,
        cgroup: None,
        profile: "baseline".to_owned(),
        mode: Mode::Enforce,
        lookup: Lookup::Resolved,
        assigned: Assigned::default(),
        denied: 0,
        audited: 0,
        process: None,
        would_refuse: Vec::new(),
    }
}

fn status(uid: u32, capabilities: u64, rest: &str) -> String {
    format!(
        "Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapInh:\t0\nCapPrm:\t0\n\
         CapBnd:\t{capabilities:016x}\n{rest}"
    )
}

const TIGHT: &str = "NoNewPrivs:\t1\nSeccomp:\t2\n";
const LOOSE: &str = "NoNewPrivs:\t0\nSeccomp:\t0\n";

#[test]
fn the_oldest_process_counts_wherever_it_is_in_the_container() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "20\n");
    host.cgroup("docker/web/init.scope", "30\n40\n");
    host.cgroup("docker/other", "50\n");
    for (pid, start) in [(20, 900), (30, 100), (50, 1)] {
        host.process(pid, start, &status(1000, 0, TIGHT));
        host.namespaces(pid, |_| false);
    }
    let row = host.look(cgroup);
    assert_eq!(row.process.unwrap().pid, 30);
    assert_eq!(row.cgroup.as_deref(), Some("/docker/web"));
    assert!(row.would_refuse.is_empty());
}

#[test]
fn what_its_profile_would_refuse_today_is_said() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "20\n");
    host.process(20, 1, &status(0, DOCKERS | 1 << 21, LOOSE));
    host.namespaces(20, |name| ["pid", "user"].contains(&name));
    let row = host.look(cgroup);
    let process = row.process.unwrap();
    assert!(process.capabilities.contains(&"SYS_ADMIN".to_owned()));
    assert_eq!(process.host_namespaces, ["pid", "user"]);
    assert_eq!((process.seccomp.as_str(), process.user), ("off", 0));
    let refused: Vec<_> = row
        .would_refuse
        .iter()
        .map(|refusal| (refusal.rule.as_str(), refusal.asked.as_str()))
        .collect();
    assert_eq!(
        refused,
        [("capabilities", "SYS_ADMIN"), ("host-namespace", "pid")]
    );
}

#[test]
fn a_host_path_is_seen_among_its_mounts() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "20\n");
    host.write("etc/passwd", "");
    host.process(20, 1, &status(1000, 0, TIGHT));
    host.namespaces(20, |_| false);
    host.write(
        "proc/20/mountinfo",
        "9 8 8:1 /etc /x rw - ext4 /dev/sda1 rw\n",
    );
    let row = host.look(cgroup);
    let [refusal] = &row.would_refuse[..] else {
        panic!("{row:?}")
    };
    assert_eq!(
        (refusal.rule.as_str(), refusal.asked.as_str()),
        ("host-path", "/etc at /x, writable")
    );
}

#[test]
fn capabilities_in_a_user_namespace_of_its_own_are_not_the_hosts() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "20\n");
    host.process(20, 1, &status(100_000, u64::MAX >> 23, TIGHT));
    host.namespaces(20, |_| false);
    let row = host.look(cgroup);
    assert_eq!(row.process.unwrap().capabilities.len(), 41);
    assert!(row.would_refuse.is_empty());
}

#[test]
fn names_that_are_no_text_hide_nothing() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "20\n");
    host.process(20, 1, &status(0, DOCKERS | 1 << 21, LOOSE));
    host.namespaces(20, |name| name == "user");
    let mounts = host.0.path().join("proc/20/mountinfo");
    fs::write(mounts, b"9 8 0:9 / /tmp/\xff rw - tmpfs x rw\n").unwrap();
    let row = host.look(cgroup);
    assert_eq!(row.would_refuse.len(), 1, "{row:?}");
}

#[test]
fn without_the_hosts_mounts_nobody_is_accused() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "20\n");
    host.write("proc/1/mountinfo", "");
    host.process(20, 1, &status(0, DOCKERS, LOOSE));
    host.namespaces(20, |_| false);
    host.write(
        "proc/20/mountinfo",
        "9 8 8:1 /etc /x rw - ext4 /dev/sda1 rw\n",
    );
    assert!(host.look(cgroup).would_refuse.is_empty());
}

#[test]
fn one_without_processes_has_nothing() {
    let host = Host::new();
    let cgroup = host.cgroup("docker/web", "77\n");
    let row = host.look(cgroup);
    assert_eq!((row.process, row.would_refuse.len()), (None, 0));
}
