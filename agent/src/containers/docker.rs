//! Docker's own state: `config.v2.json` and `hostconfig.json`, written before the container starts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Info, json};
use crate::anchors::{Root, Roots, remapped};

/// Bytes of files that are read to find a container by its name; the agent waits meanwhile.
const ALL_NAMES: u64 = 32 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    name: String,
    /// The image's id.
    #[serde(default)]
    image: String,
    config: Inner,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    image: Option<String>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

/// Of the same file the name alone.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    network_mode: String,
    ipc_mode: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Daemon {
    data_root: Option<PathBuf>,
}

/// In time for the container's first program, which has other containers' files only once the probe
/// knows whose.
pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    let data = data(root);
    let of = |data: &Path| among(&data.join("containers"), id);
    of(&data).or_else(|| remapped(&data).find_map(|data| of(&data)))
}

/// The same where only dockerd's command line says that it is.
pub(super) fn elsewhere(roots: &Roots, id: &str) -> Option<Info> {
    let mut places = roots.of(Root::Docker);
    places.find_map(|place| among(&place.path.join("containers"), id))
}

fn among(containers: &Path, id: &str) -> Option<Info> {
    let folder = containers.join(id);
    let config: Config = json::read(&folder.join("config.v2.json"))?;
    let host: HostConfig = json::read(&folder.join("hostconfig.json")).unwrap_or_default();
    let peer = |mode: &str| peer(containers, mode);
    Some(Info {
        name: Some(config.name.trim_start_matches('/').to_owned()),
        image: config.config.image.map(|named| image(named, &config.image)),
        labels: config.config.labels.unwrap_or_default(),
        runtime: Some("docker"),
        peers: [peer(&host.network_mode), peer(&host.ipc_mode)],
        ..Info::default()
    })
}

/// Docker takes the beginning of an id for an image as well: that is no name of its.
fn image(named: String, id: &str) -> String {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    if !named.is_empty() && hex.starts_with(&named) {
        hex.to_owned()
    } else {
        named
    }
}

fn data(root: &Path) -> PathBuf {
    let configured = json::read::<Daemon>(&root.join("etc/docker/daemon.json"));
    let data = configured.and_then(|daemon| daemon.data_root);
    let data = data.unwrap_or_else(|| "/var/lib/docker".into());
    root.join(data.strip_prefix("/").unwrap_or(&data))
}

/// The id in `container:<id or name>`.
fn peer(containers: &Path, mode: &str) -> Option<String> {
    let wanted = super::docker_api::shared_with(mode)?;
    if super::is_safe_id(wanted) && containers.join(wanted).is_dir() {
        return Some(wanted.to_owned());
    }
    let mut read = 0;
    let mut folders = std::fs::read_dir(containers).ok()?.flatten();
    folders.find_map(|folder| {
        let path = folder.path().join("config.v2.json");
        read += std::fs::metadata(&path).ok()?.len();
        let config: Named = json::read(&path).filter(|_| read < ALL_NAMES)?;
        let id = folder.file_name().into_string().ok()?;
        (config.name.trim_start_matches('/') == wanted).then_some(id)
    })
}
