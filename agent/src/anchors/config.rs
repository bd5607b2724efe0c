//! What the runtimes' configuration files say about where they keep their data.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::roots::{
    Root::{self, *},
    Said,
};

/// A key, as a JSON pointer, and what it is about.
pub type Setting = (&'static str, Root);

/// `graph` is what `data-root` was called before Docker 17.05.
pub const DOCKER: &[Setting] = &[("/data-root", Docker), ("/graph", Docker)];
pub const CONTAINERD: &[Setting] = &[("/root", Containerd), ("/state", ContainerdState)];
pub const CRIO: &[Setting] = &[("/crio/root", Containers), ("/crio/runroot", ContainersRun)];
const STORAGE: &[Setting] = &[
    ("/storage/graphroot", Containers),
    ("/storage/runroot", ContainersRun),
    ("/storage/rootless_storage_path", User),
];

/// Files, and directories of files.
const FILES: &[(&str, &[Setting])] = &[
    ("etc/docker/daemon.json", DOCKER),
    ("etc/containerd/config.toml", CONTAINERD),
    ("etc/crio/crio.conf", CRIO),
    ("etc/crio/crio.conf.d", CRIO),
    ("usr/share/containers/storage.conf", STORAGE),
    ("usr/share/containers/storage.conf.d", STORAGE),
    ("etc/containers/storage.conf", STORAGE),
    ("etc/containers/storage.conf.d", STORAGE),
];

/// Reads all of them. Which one wins does not matter: a place that a runtime does not use holds
/// nothing of it.
pub fn read(host: &Path, said: &mut Said) {
    for (path, settings) in FILES {
        for file in files(&host.join(path)) {
            read_file(&file, settings, said);
        }
    }
}

/// One file, which need not be there.
pub fn read_file(path: &Path, settings: &[Setting], said: &mut Said) {
    let parsed = match fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return,
        Err(e) => Err(e.to_string()),
    };
    let mut wrong = |reason: &str| {
        let reason = reason.trim().replace('\n', " ");
        said.warnings.insert(format!(
            "{} does not tell where containers are kept, only the usual places count: {reason}",
            path.display()
        ));
    };
    let value = match parsed {
        Ok(value) => value,
        Err(reason) => return wrong(&reason),
    };
    for (pointer, root) in settings {
        match value.pointer(pointer) {
            None => {}
            // Empty means unset, as it does for the runtimes.
            Some(Value::String(place)) if place.is_empty() => {}
            Some(Value::String(place)) if *root == User || place.contains('$') => {
                said.of_users.push(place.clone());
            }
            Some(Value::String(place)) => said.places.push((*root, place.clone())),
            Some(_) => wrong(&format!("{pointer} is no string")),
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Value, String> {
    // Docker takes an empty file for an empty configuration.
    if text.trim().is_empty() {
        Ok(Value::Null)
    } else if path
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        serde_json::from_str(text).map_err(|e| e.to_string())
    } else {
        toml::from_str(text).map_err(|e| e.message().to_owned())
    }
}

/// A file, or those in a directory.
fn files(path: &Path) -> Vec<PathBuf> {
    match fs::read_dir(path) {
        Ok(entries) => entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| !path.is_dir())
            .collect(),
        Err(_) => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::roots::{
            Roots,
            tests::{host, places},
        },
        *,
    };

    #[track_caller]
    fn check(file: &str, text: &str, found: &[(Root, &str)]) {
        let host = host(&[(file, text)]);
        for (root, path) in found {
            let places = places(host.path(), *root);
            assert!(places.contains(&(*path).to_owned()), "{path}: {places:?}");
            assert_eq!(places.len(), 2, "the usual one stays: {places:?}");
        }
        let warnings = Roots::find(host.path()).warnings;
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    /// docs.docker.com, "Docker daemon configuration overview".
    #[test]
    fn docker() {
        let file = "etc/docker/daemon.json";
        check(
            file,
            r#"{"debug":true,"data-root":"/mnt/docker-data","hosts":[]}"#,
            &[(Docker, "/mnt/docker-data")],
        );
        check(
            file,
            r#"{"graph":"/data/docker"}"#,
            &[(Docker, "/data/docker")],
        );
        check(file, "", &[]);
    }

    /// containerd 301026e5, `cmd/containerd/server/config/config.go`.
    #[test]
    fn containerd() {
        check(
            "etc/containerd/config.toml",
            "version = 3\nroot = '/data/containerd'\nstate = '/run/c'\n[grpc]\naddress = '/x'\n\
             [plugins.'io.containerd.cri.v1.runtime'.containerd]\ndefault_runtime_name = 'runc'\n",
            &[
                (Containerd, "/data/containerd"),
                (ContainerdState, "/run/c"),
            ],
        );
    }

    /// containers/storage 83cf5746, `docs/containers-storage.conf.5.md`; cri-o f954a17e,
    /// `pkg/config/config.go`.
    #[test]
    fn podman_and_crio() {
        let storage = "[storage]\ndriver = \"overlay\"\nrunroot = \"/run/c\"\n\
                       graphroot = \"/data/c\"\n[storage.options]\nsize = \"\"\n";
        for file in [
            "etc/containers/storage.conf",
            "etc/containers/storage.conf.d/10-disk.conf",
            "usr/share/containers/storage.conf",
        ] {
            let wanted = [(Containers, "/data/c"), (ContainersRun, "/run/c")];
            check(file, storage, &wanted);
        }
        let crio = "[crio]\nroot = \"/data/crio\"\nrunroot = \"\"\n[crio.runtime]\n";
        check(
            "etc/crio/crio.conf.d/00-x",
            crio,
            &[(Containers, "/data/crio")],
        );
    }

    #[test]
    fn what_is_broken_is_said_and_changes_nothing() {
        for (file, text) in [
            ("etc/docker/daemon.json", r#"{"data-root":"/data","#),
            ("etc/docker/daemon.json", r#"{"data-root":7}"#),
            ("etc/containerd/config.toml", "root = /data"),
            (
                "etc/containers/storage.conf",
                "[storage]\ngraphroot = ['/']\n",
            ),
        ] {
            let host = host(&[(file, text)]);
            for root in [Docker, Containerd, Containers] {
                assert_eq!(places(host.path(), root).len(), 1, "{text}");
            }
            let warnings = Roots::find(host.path()).warnings;
            assert!(
                warnings.iter().all(|said| said.contains(file)),
                "{warnings:?}"
            );
            assert_eq!(warnings.len(), 1, "{text}");
        }
    }
}
