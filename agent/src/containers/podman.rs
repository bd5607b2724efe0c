//! Podman and CRI-O: both keep a list of containers with names and metadata in containers/storage,
//! and a folder for each with its OCI `config.json`, written before the container starts.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Info, cgroups, is_safe_id, json};
use crate::anchors::{Root, Roots};

/// In a store, and in its part below `/run`: a transient store has everything there.
const FOLDER: &str = "overlay-containers";
/// Those of `podman run --rm` are in a list of their own.
const LISTS: &[&str] = &["containers.json", "volatile-containers.json"];
const USUAL: &[&str] = &["var/lib/containers/storage", "run/containers/storage"];

/// Annotations of CRI-O's: the pod's own container, and in that one's bundle the pod's labels.
const SANDBOX: &str = "io.kubernetes.cri-o.SandboxID";
const POD_LABELS: &str = "io.kubernetes.cri-o.Labels";

/// Containers in a row of which each shares with the next.
const CHAIN: usize = 8;

#[derive(Deserialize)]
struct Stored {
    id: String,
    #[serde(default)]
    names: Vec<String>,
    /// JSON in a string.
    #[serde(default)]
    metadata: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    image_name: Option<String>,
    name: Option<String>,
    /// Only CRI-O has pods here.
    pod_name: Option<String>,
}

#[derive(Deserialize)]
struct Bundle {
    linux: Linux,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Linux {
    #[serde(default)]
    namespaces: Vec<Namespace>,
}

#[derive(Deserialize)]
struct Namespace {
    #[serde(rename = "type")]
    kind: String,
    /// None if the runtime makes a new one.
    path: Option<String>,
}

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    let stores = USUAL.iter().map(|store| root.join(store).join(FOLDER));
    let folders = stores.collect();
    Stores { root, folders }.find(id)
}

/// Where root's configuration says that containers are kept. What users keep is theirs to write, so
/// it says nothing.
pub(super) fn elsewhere(root: &Path, roots: &Roots, id: &str) -> Option<Info> {
    let places = [Root::Containers, Root::ContainersRun].map(|kind| roots.of(kind));
    let places = places.into_iter().flatten();
    let folders = places.map(|place| place.path.join(FOLDER)).collect();
    Stores { root, folders }.find(id)
}

/// Folders of containers.
struct Stores<'a> {
    root: &'a Path,
    folders: Vec<PathBuf>,
}

impl Stores<'_> {
    fn find(&self, id: &str) -> Option<Info> {
        let folders = self.folders.iter();
        let mut lists = folders.flat_map(|folder| LISTS.iter().map(|list| folder.join(list)));
        let stored = lists.find_map(|list| {
            let list: Vec<Stored> = json::read(&list)?;
            list.into_iter().find(|stored| stored.id == id)
        })?;
        let metadata: Metadata = serde_json::from_str(&stored.metadata).unwrap_or_default();
        let is_crio = metadata.pod_name.is_some();
        let bundle: Option<Bundle> = self.config(id).and_then(|config| json::read(&config));
        let labels = bundle.map(|bundle| bundle.annotations).unwrap_or_default();
        let pod_labels = is_crio.then(|| self.pod_labels(&labels)).flatten();
        // CRI-O gives all containers of a pod the files of its sandbox.
        let sandbox = labels.get(SANDBOX).filter(|id| is_crio && is_safe_id(id));
        let peer = |kind, file| match sandbox {
            Some(sandbox) => Some(sandbox.clone()),
            None => self.last_peer(id, kind, file),
        };
        let peers = [peer("network", "net"), peer("ipc", "ipc")];
        Some(Info {
            name: stored.names.into_iter().next().or(metadata.name),
            image: metadata.image_name,
            runtime: Some(if is_crio { "cri-o" } else { "podman" }),
            labels,
            pod_labels: pod_labels.unwrap_or_default(),
            peers,
            ..Info::default()
        })
    }

    /// A container's own bundle has only those that the kubelet gives it.
    fn pod_labels(
        &self,
        annotations: &BTreeMap<String, String>,
    ) -> Option<BTreeMap<String, String>> {
        let sandbox: Bundle = json::read(&self.config(annotations.get(SANDBOX)?)?)?;
        serde_json::from_str(sandbox.annotations.get(POD_LABELS)?).ok()
    }

    /// The container whose namespace this is. Podman gives the files of that one, also to who asked to
    /// share with another that shares itself: `--network container:MEMBER` of a pod.
    fn last_peer(&self, id: &str, kind: &str, file: &str) -> Option<String> {
        let next = |of: &String| self.peer(of, kind, file);
        let first = self.peer(id, kind, file);
        std::iter::successors(first, next).take(CHAIN).last()
    }

    /// The container whose process has the namespace that this one is to join. Its mounts would tell as
    /// well, but those are what whoever starts it likes.
    fn peer(&self, id: &str, kind: &str, file: &str) -> Option<String> {
        let bundle: Bundle = json::read(&self.config(id)?)?;
        let mut namespaces = bundle.linux.namespaces.into_iter();
        let path = namespaces.find(|namespace| namespace.kind == kind)?.path?;
        let (pid, of) = path.strip_prefix("/proc/")?.split_once("/ns/")?;
        let pid: u32 = pid.parse().ok().filter(|_| of == file)?;
        let cgroups = fs::read_to_string(self.root.join(format!("proc/{pid}/cgroup"))).ok()?;
        let cgroup = cgroups.lines().find_map(|line| line.strip_prefix("0::"))?;
        // Without systemd a pod's id is there too, outside the container's.
        let mut ids = cgroups::ids_in(cgroup);
        ids.find(|id| self.config(id).is_some()).map(str::to_owned)
    }

    fn config(&self, id: &str) -> Option<PathBuf> {
        let of = |folder: &PathBuf| folder.join(id).join("userdata/config.json");
        let mut configs = self.folders.iter().map(of).filter(|_| is_safe_id(id));
        configs.find(|config| config.is_file())
    }
}
