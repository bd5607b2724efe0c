//! containerd's task bundles: the OCI annotations that Kubernetes' CRI plugin and nerdctl write.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use super::{Info, json};

const TASKS: &str = "run/containerd/io.containerd.runtime.v2.task";

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    let namespaces = fs::read_dir(root.join(TASKS)).ok()?.flatten();
    // Docker's containers are containerd's too, under `moby`, but without their names.
    let mut others = namespaces.filter(|namespace| namespace.file_name() != "moby");
    let bundle: Bundle =
        others.find_map(|namespace| json::read(&namespace.path().join(id).join("config.json")))?;
    let take = |key: &str| bundle.annotations.get(key).cloned();
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
        labels: bundle.annotations,
        ..Info::default()
    })
}
