//! containerd's task bundles: the OCI annotations that Kubernetes' CRI plugin and nerdctl write.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use super::{Info, is_safe_id, json};
use crate::anchors::{Root, Roots};

const STATE: &str = "run/containerd";
const TASKS: &str = "io.containerd.runtime.v2.task";
/// The namespace of the CRI plugin, where nobody else writes annotations.
const CRI: &str = "k8s.io";

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    in_state(&root.join(STATE), id)
}

/// The same where containerd's configuration says that it is.
pub(super) fn elsewhere(roots: &Roots, id: &str) -> Option<Info> {
    let mut places = roots.of(Root::ContainerdState);
    places.find_map(|place| in_state(&place.path, id))
}

fn in_state(state: &Path, id: &str) -> Option<Info> {
    let namespaces = fs::read_dir(state.join(TASKS)).ok()?.flatten();
    // Docker's containers are containerd's too, under `moby`, but without their names.
    let mut others = namespaces.filter(|namespace| namespace.file_name() != "moby");
    let (bundle, is_cri) = others.find_map(|namespace| {
        let bundle: Bundle = json::read(&namespace.path().join(id).join("config.json"))?;
        Some((bundle, namespace.file_name() == CRI))
    })?;
    let take = |key: &str| bundle.annotations.get(key).cloned();
    // `hosts`, `resolv.conf` and `shm` of a pod are its sandbox's.
    let sandbox = take("io.kubernetes.cri.sandbox-id").filter(|id| is_cri && is_safe_id(id));
    let name = match (
        take("io.kubernetes.cri.sandbox-namespace"),
        take("io.kubernetes.cri.sandbox-name"),
        take("io.kubernetes.cri.container-name"),
    ) {
        (Some(namespace), Some(pod), Some(name)) => Some(format!("{namespace}/{pod}/{name}")),
        (Some(namespace), Some(pod), None) => Some(format!("{namespace}/{pod}")),
        _ => take("nerdctl/name"),
    };
    let image = take("io.kubernetes.cri.image-name").or_else(|| take("nerdctl/image"));
    Some(Info {
        name,
        image,
        runtime: Some("containerd"),
        peers: [sandbox.clone(), sandbox],
        labels: bundle.annotations,
        ..Info::default()
    })
}
