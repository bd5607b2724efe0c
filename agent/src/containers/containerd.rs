//! containerd's task bundles: the OCI annotations that Kubernetes' CRI plugin and nerdctl write.

use std::{collections::HashMap, fs, path::Path};

use serde::Deserialize;

use super::{Info, json};

const TASKS: &str = "run/containerd/io.containerd.runtime.v2.task";

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: HashMap<String, String>,
}

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    let namespaces = fs::read_dir(root.join(TASKS)).ok()?.flatten();
    // Docker's containers are containerd's too, under `moby`, but without their names.
    let mut others = namespaces.filter(|namespace| namespace.file_name() != "moby");
    let mut bundle: Bundle =
        others.find_map(|namespace| json::read(&namespace.path().join(id).join("config.json")))?;
    let mut take = |key: &str| bundle.annotations.remove(key);
    let name = match (
        take("io.kubernetes.cri.sandbox-namespace"),
        take("io.kubernetes.cri.sandbox-name"),
        take("io.kubernetes.cri.container-name"),
    ) {
        (Some(namespace), Some(pod), Some(name)) => Some(format!("{namespace}/{pod}/{name}")),
        (Some(namespace), Some(pod), None) => Some(format!("{namespace}/{pod}")),
        _ => take("nerdctl/name"),
    };
    Some(Info {
        name,
        image: take("io.kubernetes.cri.image-name").or_else(|| take("nerdctl/image")),
        runtime: Some("containerd"),
        ..Info::default()
    })
}
