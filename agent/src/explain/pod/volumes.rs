//! Which volumes of a Pod are the host's.

use super::{Node, Pod};
use crate::explain::{Asked, Below, HostMount, Kind};

/// Kinds that somebody else provides.
const PROVIDED: &[&str] = &["persistentVolumeClaim", "csi", "flexVolume", "ephemeral"];

/// Those of one container; `path` is where it is.
pub fn read(pod: &Pod<'_>, (container, path): (&Node, &str), asked: &mut Asked) {
    let volumes = list(pod.spec, "volumes");
    for (i, node) in list(container, "volumeMounts").iter().enumerate() {
        let name = text(node, "name");
        let volume = volumes.iter().find(|volume| text(volume, "name") == name);
        let Some(volume) = volume else { continue };
        if let Some(host_path) = volume.at(&["hostPath", "path"]).and_then(Node::text) {
            let at = format!("{path}.volumeMounts[{i}] (line {})", node.line);
            asked.mounts.push(host(host_path, node, at));
        }
        for key in PROVIDED.iter().filter(|key| volume.get(key).is_some()) {
            let name = name.as_deref().unwrap_or_default();
            asked.assume(format!(
                "the {key} of volume {name} is no directory of the host's own"
            ));
        }
    }
    let devices = list(container, "volumeDevices");
    asked
        .devices
        .extend(devices.iter().filter_map(|node| text(node, "devicePath")));
}

fn host(path: String, node: &Node, at: String) -> HostMount {
    let read_only = node.get("readOnly").is_some_and(Node::is_true);
    let all = matches!(
        text(node, "recursiveReadOnly").as_deref(),
        Some("Enabled" | "IfPossible")
    );
    let path = match text(node, "subPath") {
        Some(below) => format!("{path}/{below}"),
        None => path,
    };
    HostMount {
        host_path: path.into(),
        elsewhere: Vec::new(),
        container_path: text(node, "mountPath").unwrap_or_default(),
        read_only,
        below: if all && read_only {
            Below::TakenReadOnly
        } else {
            Below::Taken
        },
        kind: Kind::Bind,
        at,
    }
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(Node::list).unwrap_or_default()
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text)
}
