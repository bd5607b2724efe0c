//! The container runtimes of this host, and how Bulkhead learns what their containers are called.

use std::path::Path;

use super::Finding;
use crate::anchors::{RUNTIMES, Root, Roots};

/// A runtime's kind of storage, its name, and where its containers' names are.
const ENGINES: &[(Root, &str, &str)] = &[
    (Root::Docker, "Docker", "containers/ID/config.v2.json"),
    (
        Root::ContainerdState,
        "containerd",
        "io.containerd.runtime.v2.task/NAMESPACE/ID/config.json",
    ),
    (
        Root::Containers,
        "podman or CRI-O",
        "overlay-containers/containers.json",
    ),
];

pub(super) fn look(host: &Path) -> Vec<Finding> {
    let roots = Roots::find(host);
    let mut all = Vec::new();
    for (root, engine, file) in ENGINES {
        for place in roots.of(*root).filter(|place| place.path.is_dir()) {
            let shown = shown(host, &place.path);
            all.push(Finding::fine(
                "runtime",
                format!("{engine}: containers are known by {shown}/{file}"),
            ));
        }
    }
    for (path, name) in RUNTIMES {
        if host.join(path.trim_start_matches('/')).exists() {
            let says = format!("{name} ({path}): what it sets up is known by descent too");
            all.push(Finding::fine("runtime", says));
        }
    }
    if all.is_empty() {
        all.push(Finding::fine(
            "runtime",
            "no container runtime is known here",
        ));
    }
    let warnings = roots.warnings.iter();
    all.extend(warnings.map(|warning| Finding::warning("runtime", warning)));
    all
}

fn shown(host: &Path, path: &Path) -> String {
    let below = path.strip_prefix(host).unwrap_or(path);
    Path::new("/").join(below).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Level, tests::host},
        *,
    };

    fn says(files: &[(&str, &str)]) -> Vec<String> {
        let host = host(files);
        look(host.path())
            .into_iter()
            .map(|found| found.says)
            .collect()
    }

    #[test]
    fn where_they_are() {
        let found = says(&[
            ("etc/docker/daemon.json", r#"{"data-root":"/srv/docker"}"#),
            ("srv/docker/containers/x", ""),
            ("usr/bin/runc", ""),
        ]);
        assert_eq!(
            found,
            [
                "Docker: containers are known by /srv/docker/containers/ID/config.v2.json",
                "runc (/usr/bin/runc): what it sets up is known by descent too",
            ]
        );
        assert_eq!(says(&[]), ["no container runtime is known here"]);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let host = host(&[("etc/docker/daemon.json", "{")]);
        let found = look(host.path());
        assert!(found.iter().any(|found| found.level == Level::Warning));
    }
}
