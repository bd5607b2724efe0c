//! Kubernetes manifests: every container of a Pod, or of what makes Pods.

mod container;
mod keys;
#[cfg(test)]
mod tests;
mod volumes;

use std::path::Path;

use super::{
    Asked, ExplainError,
    yaml::{self, Node},
};

/// Where a kind has its Pod, and whether that is how it is named.
const KINDS: &[(&str, &[&str])] = &[
    ("Pod", &[]),
    ("PodTemplate", &["template"]),
    ("Deployment", &["spec", "template"]),
    ("DaemonSet", &["spec", "template"]),
    ("StatefulSet", &["spec", "template"]),
    ("ReplicaSet", &["spec", "template"]),
    ("ReplicationController", &["spec", "template"]),
    ("Job", &["spec", "template"]),
    ("CronJob", &["spec", "jobTemplate", "spec", "template"]),
];

/// A Pod, where it is in its document, and the names around it.
pub(super) struct Pod<'a> {
    spec: &'a Node,
    /// `spec.template.spec`
    path: String,
    namespace: Option<String>,
    name: String,
    /// The controller adds something to the name.
    is_made: bool,
    annotations: Option<&'a Node>,
}

/// Every container of a file.
///
/// # Errors
/// If it cannot be read, is no YAML, or has no Pod.
pub fn read(file: &Path) -> Result<Vec<Asked>, ExplainError> {
    let text = std::fs::read_to_string(file).map_err(|source| ExplainError::Unreadable {
        path: file.to_owned(),
        source,
    })?;
    parse(&text).map_err(|problem| ExplainError::Malformed {
        path: file.to_owned(),
        problem,
    })
}

/// The same of text.
pub(super) fn parse(text: &str) -> Result<Vec<Asked>, String> {
    let documents = yaml::read(text)?;
    let mut all = Vec::new();
    for document in documents.iter().flat_map(items) {
        let Some(pod) = pod(document)? else {
            continue;
        };
        keys::check(pod.spec)?;
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            let containers = pod.spec.get(list).map(Node::list).unwrap_or_default();
            for (i, container) in containers.iter().enumerate() {
                let asked = container::read(&pod, container, &format!("{}.{list}[{i}]", pod.path));
                all.push(asked.map_err(|e| e.to_string())?);
            }
        }
    }
    if all.is_empty() {
        return Err("there is no Pod, and nothing that makes Pods".to_owned());
    }
    Ok(all)
}

/// The objects of a `List`, or the document itself.
fn items(document: &Node) -> Vec<&Node> {
    match document.get("items") {
        Some(items) => items.list().iter().collect(),
        None => vec![document],
    }
}

/// The Pod of an object; `None` of one that has none, as a Service.
fn pod(object: &Node) -> Result<Option<Pod<'_>>, String> {
    if object.is_nothing() {
        return Ok(None);
    }
    let kind = object.get("kind").and_then(Node::text);
    let kind = kind.ok_or_else(|| {
        let line = object.line;
        format!("line {line}: there is no kind, so it is no manifest of Kubernetes'")
    })?;
    let Some((_, path)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        return Ok(None);
    };
    let missing = || {
        format!(
            "line {}: the {kind} has no {}spec",
            object.line,
            dotted(path)
        )
    };
    let template = object.at(path).ok_or_else(missing)?;
    let spec = template.get("spec").ok_or_else(missing)?;
    let of = |key| object.at(&["metadata", key]).and_then(Node::text);
    Ok(Some(Pod {
        spec,
        path: format!("{}spec", dotted(path)),
        namespace: of("namespace"),
        name: of("name")
            .or_else(|| of("generateName"))
            .unwrap_or_default(),
        is_made: !path.is_empty(),
        annotations: template.at(&["metadata", "annotations"]),
    }))
}

fn dotted(path: &[&str]) -> String {
    path.iter().map(|key| format!("{key}.")).collect()
}
