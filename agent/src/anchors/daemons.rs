//! What the command lines of running daemons say about where they keep their data.
//!
//! A command line is whatever a process likes. It counts if the process is root's, in the host's
//! mount namespace, and runs a program of that name: a container's process is in a mount namespace of
//! its own, a user's process is not root's, and a program that runs as root for users (`sudo`) has
//! another name, whatever link it was started by.

use std::{fs, path::Path};

use super::{
    below,
    config::{self, CONTAINERD, CRIO, DOCKER, Setting},
    roots::{
        Root::{self, *},
        Said,
    },
};
use crate::proc::Status;

struct Daemon {
    /// File name of the program.
    name: &'static str,
    /// Options that say where.
    options: &'static [(&'static str, Root)],
    /// Options that name a configuration file, and what is looked for there.
    config: &'static [&'static str],
    settings: &'static [Setting],
}

const DAEMONS: &[Daemon] = &[
    Daemon {
        name: "dockerd",
        options: &[("data-root", Docker), ("graph", Docker), ("g", Docker)],
        config: &["config-file"],
        settings: DOCKER,
    },
    // Also those that dockerd and k3s start for themselves.
    Daemon {
        name: "containerd",
        options: &[("root", Containerd), ("state", ContainerdState)],
        config: &["config", "c"],
        settings: CONTAINERD,
    },
    Daemon {
        name: "crio",
        options: &[
            ("root", Containers),
            ("r", Containers),
            ("runroot", ContainersRun),
        ],
        config: &["config", "c"],
        settings: CRIO,
    },
    Daemon {
        name: "kubelet",
        options: &[("root-dir", Kubelet)],
        config: &[],
        settings: &[],
    },
];

/// Asks all of them that run.
pub fn read(host: &Path, said: &mut Said) {
    for (daemon, args) in daemons(host) {
        for (option, root) in daemon.options {
            let given = values(&args, option).map(|value| (*root, value.to_owned()));
            said.places.extend(given);
        }
        for option in daemon.config {
            for file in values(&args, option).filter(|path| path.starts_with('/')) {
                config::read_file(&below(host, file), daemon.settings, said);
            }
        }
    }
}

/// Those that run, with what they were told.
pub fn running(host: &Path) -> Vec<(&'static str, Vec<String>)> {
    let all = daemons(host).into_iter();
    all.map(|(daemon, args)| (daemon.name, args)).collect()
}

fn daemons(host: &Path) -> Vec<(&'static Daemon, Vec<String>)> {
    let proc = host.join("proc");
    let Ok(hosts) = fs::read_link(proc.join("1/ns/mnt")) else {
        return Vec::new();
    };
    let processes = fs::read_dir(&proc).into_iter().flatten().flatten();
    processes
        .filter_map(|process| daemon(&process.path(), &hosts))
        .collect()
}

/// A process that comes and goes meanwhile is none.
fn daemon(process: &Path, hosts: &Path) -> Option<(&'static Daemon, Vec<String>)> {
    let program = fs::read_link(process.join("exe")).ok()?;
    let name = program.file_name()?.to_str()?;
    // A program that was replaced by a newer one while it runs.
    let name = name.strip_suffix(" (deleted)").unwrap_or(name);
    let daemon = DAEMONS.iter().find(|daemon| daemon.name == name)?;
    let in_hosts_mounts = fs::read_link(process.join("ns/mnt")).ok()? == hosts;
    let users = Status::read(process).ok()?.users()?;
    if !in_hosts_mounts || users != [0; 4] {
        return None;
    }
    let args = fs::read(process.join("cmdline")).ok()?;
    let args = args.split(|byte| *byte == 0).skip(1);
    let args = args.map(|arg| String::from_utf8_lossy(arg).into_owned());
    Some((daemon, args.collect()))
}

/// What an option is given, as `--option value` or `--option=value`, with one dash or two.
pub fn values<'a>(args: &'a [String], option: &'a str) -> impl Iterator<Item = &'a str> {
    args.iter().enumerate().filter_map(move |(i, arg)| {
        let named = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'))?;
        match named.strip_prefix(option)? {
            "" => args.get(i + 1).map(String::as_str),
            value => value.strip_prefix('='),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{
        super::roots::tests::{host, places},
        *,
    };

    const HOSTS: &str = "mnt:[4026531841]";
    const OWN: &str = "mnt:[4026532201]";

    /// Adds a process to a host.
    fn start(host: &Path, pid: u32, program: &str, uid: &str, mounts: &str, args: &[&str]) {
        let process = host.join(format!("proc/{pid}"));
        fs::create_dir_all(process.join("ns")).unwrap();
        symlink(program, process.join("exe")).unwrap();
        symlink(mounts, process.join("ns/mnt")).unwrap();
        fs::write(process.join("status"), format!("Name:\tx\nUid:\t{uid}\n")).unwrap();
        fs::write(process.join("cmdline"), args.join("\0") + "\0").unwrap();
    }

    fn machine(program: &str, uid: &str, mounts: &str, args: &[&str]) -> tempfile::TempDir {
        let host = host(&[]);
        start(host.path(), 1, "/usr/lib/systemd/systemd", ROOT, HOSTS, &[]);
        start(host.path(), 42, program, uid, mounts, args);
        host
    }

    const ROOT: &str = "0\t0\t0\t0";
    const DOCKERD: &str = "/usr/bin/dockerd";

    #[track_caller]
    fn check(program: &str, args: &[&str], root: Root, wanted: &[&str]) {
        let host = machine(program, ROOT, HOSTS, args);
        let found = places(host.path(), root);
        assert_eq!(found.len(), wanted.len() + 1, "{found:?}");
        for path in wanted {
            assert!(found.contains(&(*path).to_owned()), "{found:?}");
        }
    }

    #[test]
    fn every_way_to_say_it() {
        for args in [
            ["dockerd", "--data-root", "/data"].as_slice(),
            &["dockerd", "-H", "fd://", "--data-root=/data"],
            &["dockerd", "-g", "/data"],
            &["/usr/bin/dockerd", "-g=/data", "-D"],
        ] {
            check(DOCKERD, args, Docker, &["/data"]);
        }
        for args in [["dockerd", "--data-root"].as_slice(), &["--data-root=/x"]] {
            check(DOCKERD, args, Docker, &[]);
        }
        let replaced = format!("{DOCKERD} (deleted)");
        check(&replaced, &["dockerd", "-g", "/data"], Docker, &["/data"]);
        let kubelet = ["kubelet", "--root-dir=/data/k", "--root-dirs=/x"];
        check("/usr/bin/kubelet", &kubelet, Kubelet, &["/data/k"]);
        let crio = ["crio", "-r", "/data/c", "--runroot", "/run/c"];
        check("/usr/bin/crio", &crio, Containers, &["/data/c"]);
        check("/usr/bin/crio", &crio, ContainersRun, &["/run/c"]);
    }

    /// k3s 02a5bee6, `pkg/agent/containerd/containerd.go`.
    #[test]
    fn the_containerd_of_k3s() {
        let data = "/var/lib/rancher/k3s/agent/containerd";
        let args = [
            "containerd",
            "-c",
            "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
            "-a",
            "/run/k3s/containerd/containerd.sock",
            "--state",
            "/run/k3s/containerd",
            "--root",
            data,
        ];
        let program = "/var/lib/rancher/k3s/data/x/bin/containerd";
        check(program, &args, ContainerdState, &["/run/k3s/containerd"]);
        check(program, &args, Containerd, &[data]);
    }

    #[test]
    fn whoever_is_not_the_hosts_root_says_nothing() {
        let args = ["dockerd", "--data-root=/data"];
        for (program, uid, mounts) in [
            (DOCKERD, ROOT, OWN),
            (DOCKERD, "1000\t1000\t1000\t1000", HOSTS),
            (DOCKERD, "1000\t0\t0\t0", HOSTS),
            (DOCKERD, "", OWN),
            ("/usr/bin/sudo", ROOT, HOSTS),
            ("/tmp/dockerd/sleep", ROOT, HOSTS),
        ] {
            let host = machine(program, uid, mounts, &args);
            let found = places(host.path(), Docker);
            assert_eq!(found, ["/var/lib/docker"], "{program} {uid} {mounts}");
        }
    }

    #[test]
    fn without_the_hosts_own_namespace_nobody_does() {
        let host = host(&[]);
        start(
            host.path(),
            42,
            DOCKERD,
            ROOT,
            HOSTS,
            &["dockerd", "-g", "/data"],
        );
        assert_eq!(places(host.path(), Docker), ["/var/lib/docker"]);
    }

    #[test]
    fn every_user_of_a_process_has_to_be_root() {
        for (users, is_daemon) in [(ROOT, true), ("0\t0\t1\t0", false), ("", false)] {
            let host = machine(DOCKERD, users, HOSTS, &["dockerd", "--data-root=/d"]);
            let found = places(host.path(), Docker);
            assert_eq!(found.contains(&"/d".into()), is_daemon, "{users}");
        }
    }

    #[test]
    fn a_longer_option_is_another() {
        assert_eq!(values(&["--graphs=/x".into()], "graph").next(), None);
    }

    #[test]
    fn a_configuration_file_that_is_elsewhere() {
        let args = ["dockerd", "--config-file", "/srv/d.json"];
        let host = machine(DOCKERD, ROOT, HOSTS, &args);
        fs::create_dir(host.path().join("srv")).unwrap();
        fs::write(host.path().join("srv/d.json"), r#"{"data-root":"/d"}"#).unwrap();
        assert_eq!(places(host.path(), Docker), ["/d", "/var/lib/docker"]);
    }
}
