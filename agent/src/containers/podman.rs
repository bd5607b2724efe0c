//! Podman and CRI-O: both keep a list of containers with names and metadata in containers/storage.

use std::path::Path;

use serde::Deserialize;

use super::{Info, json};

/// Those of `podman run --rm` are in a list of their own, and a transient store has that below
/// `/run`.
const LISTS: &[&str] = &[
    "var/lib/containers/storage/overlay-containers/containers.json",
    "var/lib/containers/storage/overlay-containers/volatile-containers.json",
    "run/containers/storage/overlay-containers/volatile-containers.json",
];

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

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    let stored = LISTS.iter().find_map(|list| {
        let list: Vec<Stored> = json::read(&root.join(list))?;
        list.into_iter().find(|stored| stored.id == id)
    })?;
    let metadata: Metadata = serde_json::from_str(&stored.metadata).unwrap_or_default();
    let is_crio = metadata.pod_name.is_some();
    Some(Info {
        name: stored.names.into_iter().next().or(metadata.name),
        image: metadata.image_name,
        runtime: Some(if is_crio { "cri-o" } else { "podman" }),
        ..Info::default()
    })
}
