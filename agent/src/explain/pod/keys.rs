//! Keys that are nearly one of those that matter: the API server would drop them, and a container have
//! less, or more, than was meant.

use super::Node;

const SPEC: &[&str] = &[
    "containers",
    "ephemeralContainers",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostUsers",
    "initContainers",
    "securityContext",
    "volumes",
];
const CONTAINER: &[&str] = &["securityContext", "volumeDevices", "volumeMounts"];
const CONTEXT: &[&str] = &[
    "allowPrivilegeEscalation",
    "capabilities",
    "privileged",
    "procMount",
    "runAsNonRoot",
    "runAsUser",
    "seccompProfile",
];
/// Differences that make another word.
const FAR: usize = 3;

/// Those of a Pod's spec and its containers.
pub(super) fn check(spec: &Node) -> Result<(), String> {
    of(spec, SPEC)?;
    context(spec)?;
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.get(list).map(Node::list).unwrap_or_default() {
            of(container, CONTAINER)?;
            context(container)?;
        }
    }
    Ok(())
}

fn context(node: &Node) -> Result<(), String> {
    node.get("securityContext")
        .map_or(Ok(()), |context| of(context, CONTEXT))
}

fn of(node: &Node, known: &[&str]) -> Result<(), String> {
    for (key, value) in node.fields() {
        if known.contains(&key.as_str()) {
            continue;
        }
        let lower = key.to_lowercase();
        let distance = |word: &str| strsim::damerau_levenshtein(&lower, &word.to_lowercase());
        let nearest = known.iter().map(|word| (distance(word), word)).min();
        if let Some((_, word)) = nearest.filter(|(distance, _)| *distance < FAR) {
            let line = value.line;
            return Err(format!(
                "line {line}: unknown key {key}, did you mean {word}?"
            ));
        }
    }
    Ok(())
}
