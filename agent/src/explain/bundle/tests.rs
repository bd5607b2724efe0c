use super::*;
use crate::explain::{
    answer,
    tests::{host, policy},
};

/// As `runc spec` writes it, shortened.
pub const SPEC: &str = r#"{
  "ociVersion": "1.0.2-dev",
  "process": {
    "terminal": true, "user": {"uid": 0, "gid": 0}, "args": ["sh"], "cwd": "/",
    "capabilities": {
      "bounding": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
      "effective": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
      "permitted": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    },
    "noNewPrivileges": true
  },
  "root": {"path": "rootfs", "readonly": true},
  "hostname": "runc",
  "mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["relatime", "ro"]}
  ],
  "linux": {
    "resources": {"devices": [{"allow": false, "access": "rwm"}]},
    "namespaces": [
      {"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}
    ],
    "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys"],
    "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
  }
}"#;

/// Refusals of the specification with one thing replaced, without that of its root.
fn with(old: &str, new: &str) -> Vec<String> {
    let (_root, host) = host();
    for name in HIDDEN.iter().chain(READ_ONLY) {
        fs::create_dir_all(host.path(&Path::new("/proc").join(name))).unwrap();
    }
    assert!(SPEC.contains(old), "{old}");
    let spec: Spec = serde_json::from_str(&SPEC.replacen(old, new, 1)).unwrap();
    let asked = asked(&spec, Path::new("/bundles/web"), &host).unwrap();
    let answer = answer(&policy("", &host), asked, &host);
    assert_eq!(answer.name.as_deref(), Some("web"));
    let refusals = answer
        .refusals
        .iter()
        .filter(|refusal| refusal.at != "root.path");
    refusals
        .map(|refusal| format!("{}: {} | {}", refusal.rule, refusal.asked, refusal.at))
        .collect()
}

#[test]
fn what_a_specification_opens_is_found() {
    assert_eq!(with("runc", "runc"), Vec::<String>::new());
    let bind = r#"{"destination": "/x", "type": "bind", "source": "/srv", "options": ["rbind", "ro"]}, {"destination": "/dev", "#;
    for (old, new, expected) in [
        (
            r#""bounding": ["#,
            r#""bounding": ["CAP_SYS_ADMIN", "#,
            "capabilities: SYS_ADMIN | process.capabilities.bounding",
        ),
        (
            r#"{"type": "pid"}, "#,
            "",
            "host-namespace: pid | no pid in linux.namespaces",
        ),
        (
            r#"{"type": "network"}"#,
            r#"{"type": "network", "path": "/proc/1/ns/net"}"#,
            "host-namespace: net | /proc/1/ns/net in linux.namespaces",
        ),
        (
            r#"["nosuid", "ro"]"#,
            r#"["nosuid"]"#,
            "kernel-filesystem: sysfs | mounts[2] /sys",
        ),
        (
            r#"["relatime", "ro"]"#,
            "[]",
            "kernel-filesystem: cgroup2 | mounts[3] /sys/fs/cgroup",
        ),
        (
            r#""/proc/kcore", "#,
            "",
            "proc-mount: a /proc without masks | linux.maskedPaths and linux.readonlyPaths",
        ),
        (
            r#", "/proc/sys""#,
            "",
            "proc-mount: a /proc without masks | linux.maskedPaths and linux.readonlyPaths",
        ),
        (
            r#"{"destination": "/dev", "#,
            bind,
            "host-path: /srv at /x, read-only | mounts[1] /x",
        ),
        (
            r#""type": "tmpfs", "source": "tmpfs""#,
            r#""type": "ext4", "source": "/dev/sdb""#,
            "block-device: /dev/sdb at /dev, writable | mounts[1] /dev",
        ),
    ] {
        assert_eq!(with(old, new), [expected], "{new}");
    }
    let users = r#""uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}], "namespaces": [{"type": "user"}, "#;
    assert_eq!(with(r#""namespaces": ["#, users), Vec::<String>::new());
}

#[test]
fn a_users_own_root_is_not_the_hosts() {
    let mapping = |host_id| Mapping(0, host_id);
    struct Mapping(u32, u32);
    for (Mapping(container_id, host_id), expected) in
        [(mapping(100_000), Some(100_000)), (mapping(0), Some(0))]
    {
        let linux = spec::Linux {
            uid_mappings: vec![spec::Mapping {
                container_id,
                host_id,
                size: 10,
            }],
            ..spec::Linux::default()
        };
        assert_eq!(linux.host_id(0), expected);
        assert_eq!(linux.host_id(10), None);
    }
}

#[test]
fn a_folder_or_a_file_is_read() {
    let (root, host) = host();
    let folder = root.path().join("srv/web");
    fs::create_dir_all(&folder).unwrap();
    assert!(matches!(
        read(&folder, &host),
        Err(ExplainError::Unreadable { .. })
    ));
    fs::write(folder.join("config.json"), "{\"process\": 1}").unwrap();
    assert!(matches!(
        read(&folder, &host),
        Err(ExplainError::Malformed { .. })
    ));
    fs::write(folder.join("config.json"), "{}").unwrap();
    let asked = read(&folder.join("config.json"), &host).unwrap();
    assert_eq!(asked.facts.namespaces, 0xff, "nothing is its own");
}
