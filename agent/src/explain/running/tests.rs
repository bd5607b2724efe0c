use std::os::unix::fs::symlink;

use super::*;
use crate::explain::{
    answer,
    tests::{host, policy},
};

const MOUNTS: &str = "\
300 299 0:60 / / rw - overlay overlay rw\n\
301 300 0:61 / /proc rw - proc proc rw\n\
302 301 0:61 /sys /proc/sys ro - proc proc rw\n\
303 301 0:62 / /proc/kcore ro - tmpfs tmpfs rw\n\
304 300 0:63 / /sys ro - sysfs sysfs ro\n\
305 300 259:3 /srv/backup /data rw - ext4 /dev/root rw\n\
306 300 259:3 /var/lib/docker/containers/ID/hosts /etc/hosts rw - ext4 /dev/root rw\n\
307 300 259:3 /var/lib/docker/volumes/v/_data /vol rw - ext4 /dev/root rw\n\
308 300 8:9 / /disk rw - ext4 /dev/sda9 rw\n";

const STATUS: &str = "Name:\tsh\nUid:\t0\t0\t0\t0\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\n\
                      CapBnd:\t00000000a82425fb\nNoNewPrivs:\t0\nSeccomp:\t2\n";

fn container(host: &Host, id: &str, shared: &[&str]) {
    for name in ["kcore", "sys"] {
        fs::write(host.path(Path::new("/proc")).join(name), "").unwrap();
    }
    for (process, namespace) in [(1, "1"), (700, "7")] {
        let folder = of_process(host, process).join("ns");
        fs::create_dir_all(&folder).unwrap();
        for name in NAMES {
            let own = if shared.contains(&name) {
                "1"
            } else {
                namespace
            };
            symlink(format!("{name}:[{own}]"), folder.join(name)).unwrap();
        }
    }
    fs::write(of_process(host, 1).join("cgroup"), "0::/init.scope\n").unwrap();
    fs::write(
        of_process(host, 700).join("cgroup"),
        format!("0::/system.slice/docker-{id}.scope\n"),
    )
    .unwrap();
    fs::write(of_process(host, 700).join("status"), STATUS).unwrap();
    fs::write(
        of_process(host, 700).join("mountinfo"),
        MOUNTS.replace("ID", id),
    )
    .unwrap();
    let state = host.path(Path::new("/var/lib/docker/containers")).join(id);
    fs::create_dir_all(&state).unwrap();
    let config = r#"{"Name": "/web", "Config": {"Image": "nginx", "Labels": {}}}"#;
    fs::write(state.join("config.v2.json"), config).unwrap();
}

#[test]
fn what_it_has_is_read_from_its_process() {
    let (_root, host) = host();
    let id = "ab".repeat(32);
    container(&host, &id, &["time", "user", "pid"]);
    for wanted in ["web", "abab", &id] {
        let asked = find(wanted, &host).unwrap();
        assert_eq!(asked.info.image.as_deref(), Some("nginx"));
        let answer = answer(&policy("", &host), asked, &host);
        let refusals: Vec<_> = answer
            .refusals
            .iter()
            .map(|refusal| format!("{}: {} | {}", refusal.rule, refusal.asked, refusal.at))
            .collect();
        assert_eq!(
            refusals,
            [
                "host-path: /srv/backup at /data, writable | its mount /data",
                "block-device: /dev/sda9 at /disk, writable | its mount /disk",
                "capabilities: SYS_ADMIN | its CapBnd",
                "host-namespace: pid | its pid namespace",
            ]
        );
    }
    for nobody in ["nginx", "", "system", "init", "docker"] {
        let found = find(nobody, &host);
        assert!(
            matches!(found, Err(ExplainError::NoContainer(_))),
            "{nobody}"
        );
    }
}

/// A directory that is bound to a second place of the host's.
#[test]
fn a_directory_may_have_several_paths() {
    let (_root, host) = host();
    let id = "ef".repeat(32);
    container(&host, &id, &["time"]);
    let bound = "29 21 259:3 /srv/backup /b rw - ext4 /dev/root rw\n";
    let file = host.path(Path::new("/proc/self/mountinfo"));
    let mounts = fs::read_to_string(&file).unwrap() + bound;
    fs::write(&file, mounts).unwrap();
    let host = Host::read(host.root());
    let about = |path: &str| {
        let text = format!(
            "[[profile]]\nname = \"baseline\"\nhost_paths = [{{ path = {path:?}, access = \"rw\" }}]\n"
        );
        let answer = answer(&policy(&text, &host), find("web", &host).unwrap(), &host);
        let of = answer.refusals.into_iter();
        let of = of.filter(|refusal| refusal.rule == "host-path");
        of.map(|refusal| refusal.asked).collect::<Vec<_>>()
    };
    assert!(about("/srv/backup").is_empty() && about("/srv").is_empty());
    fs::create_dir(host.path(Path::new("/b"))).unwrap();
    assert!(about("/b").is_empty());
    assert_eq!(about("/home"), ["/b at /data, writable"]);
    // Bound below an entry: the other place, where it is by itself, is not.
    let mounts = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        mounts.replace("/srv/backup /b", "/srv/backup /home/b"),
    )
    .unwrap();
    let host = Host::read(host.root());
    fs::create_dir(host.path(Path::new("/home/b"))).unwrap();
    let text =
        "[[profile]]\nname = \"baseline\"\nhost_paths = [{ path = \"/home\", access = \"rw\" }]\n";
    let answer = answer(&policy(text, &host), find("web", &host).unwrap(), &host);
    assert_eq!(answer.refusals[0].rule, "host-path");
}

#[test]
fn its_own_users_are_not_the_hosts() {
    let (_root, host) = host();
    let id = "cd".repeat(32);
    container(&host, &id, &["time"]);
    let asked = find("web", &host).unwrap();
    assert_eq!(asked.facts.capabilities, 0);
    let mut masks = MOUNTS.replace("ID", &id);
    assert!(is_masked(&mountinfo::read(&masks), &host));
    masks = masks.replace("/proc/sys ro", "/proc/sys rw");
    assert!(!is_masked(&mountinfo::read(&masks), &host));
}
