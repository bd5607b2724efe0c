//! Patterns that fit nothing that there can be.

use super::Remark;
use crate::policy::{error::Wrong, source::Section};

/// The patterns of an `assign` that no container's image, name or namespace can fit.
pub(super) fn hopeless(assign: &Section<'_>) -> Result<Vec<Remark>, Wrong> {
    let mut found = Vec::new();
    for key in ["image", "name", "namespace"] {
        let Some((pattern, place)) = assign.string(key)? else {
            continue;
        };
        let reason = match key {
            "image" => image(pattern),
            "namespace" => namespace(pattern),
            _ => name(pattern),
        };
        if let Some(reason) = reason {
            let message = format!("\"{pattern}\" fits no {key}: {reason}");
            found.push((place, message));
        }
    }
    Ok(found)
}

fn name(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() {
        return Some("it is empty");
    }
    let is_blank = pattern.contains(char::is_whitespace);
    is_blank.then_some("none has a space")
}

fn namespace(pattern: &str) -> Option<&'static str> {
    name(pattern).or_else(|| upper(pattern)).or_else(|| {
        let has_parts = pattern.contains('/');
        has_parts.then_some("none has a `/`")
    })
}

/// Registries and tags may have upper case, the path between them may not.
fn image(pattern: &str) -> Option<&'static str> {
    let (_, path) = pattern.split_once('/').unwrap_or(("", pattern));
    let path = path.split(['@', ':']).next().unwrap_or_default();
    name(pattern).or_else(|| upper(path))
}

/// In brackets and braces upper case may be one of several.
fn upper(pattern: &str) -> Option<&'static str> {
    let has_choice = pattern.contains(['[', '{']);
    let has_upper = pattern.contains(|c: char| c.is_ascii_uppercase());
    (has_upper && !has_choice).then_some("none has upper case")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_no_upper_case_but_in_registry_and_tag() {
        for pattern in ["nginx", "Registry.example/a:V1", "*", "a/[A-Z]*", "a/{b,C}"] {
            assert_eq!(image(pattern), None, "{pattern}");
        }
        for pattern in ["Nginx", "registry.example/Team/app", "ng inx", "", "a/B:v1"] {
            assert!(image(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn names_have_no_spaces_and_namespaces_no_parts() {
        assert_eq!(name("Web-*"), None);
        assert_eq!(name("a b"), Some("none has a space"));
        assert_eq!(namespace("kube-*"), None);
        assert_eq!(namespace("Kube"), Some("none has upper case"));
        assert_eq!(namespace("a/b"), Some("none has a `/`"));
    }
}
