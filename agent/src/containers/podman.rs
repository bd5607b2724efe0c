//! Podman and CRI-O: both keep a list of containers with names and metadata in containers/storage.

use std::path::Path;

use serde::Deserialize;

use super::{Info, json};

const LIST: &str = "var/lib/containers/storage/overlay-containers/containers.json";

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
    let list: Vec<Stored> = json::read(&root.join(LIST))?;
    let stored = list.into_iter().find(|stored| stored.id == id)?;
    let metadata: Metadata = serde_json::from_str(&stored.metadata).unwrap_or_default();
    let is_crio = metadata.pod_name.is_some();
    Some(Info {
        name: stored.names.into_iter().next().or(metadata.name),
        image: metadata.image_name,
        runtime: Some(if is_crio { "cri-o" } else { "podman" }),
        ..Info::default()
    })
}
