//! Patterns, and the whole names of images.

use globset::{GlobBuilder, GlobMatcher};

use crate::policy::{
    error::{Problem, Wrong},
    source::Place,
};

/// A glob: `*` and `?` stop at `/`, `**` does not.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) text: String,
    matcher: GlobMatcher,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Pattern {
    pub(super) fn new(text: &str, whole: &str, place: &Place) -> Result<Self, Wrong> {
        let glob = GlobBuilder::new(whole)
            .literal_separator(true)
            .empty_alternates(true)
            .build();
        let matcher = glob.map(|glob| glob.compile_matcher()).map_err(|e| {
            let reason = e.kind().to_string();
            let pattern = text.to_owned();
            Wrong::new(place.clone(), Problem::Pattern { pattern, reason })
        })?;
        Ok(Self {
            text: text.to_owned(),
            matcher,
        })
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

/// An image's whole name, as it would be pulled: `nginx` is `docker.io/library/nginx:latest`.
pub(super) fn reference(image: &str) -> String {
    let whole = with_registry(image);
    let named = whole.contains('@') || last(&whole).contains(':');
    if named { whole } else { whole + ":latest" }
}

/// The same of a pattern: without a tag any will do, without a digest too.
pub(super) fn wanted_reference(pattern: &str) -> String {
    let whole = with_registry(pattern);
    if whole.contains('@') || whole.ends_with("**") {
        whole
    } else if last(&whole).contains(':') {
        whole + "{,@*}"
    } else {
        whole + "{:*,@*}"
    }
}

/// A registry is told from a directory by a dot, a port, or being `localhost`.
fn with_registry(name: &str) -> String {
    let (first, rest) = name.split_once('/').unwrap_or(("", name));
    let is_registry = first.contains(['.', ':']) || first == "localhost" || name.starts_with("**");
    match (is_registry, first, rest) {
        (true, ..) => name.to_owned(),
        (false, "", _) => format!("docker.io/library/{name}"),
        (false, ..) => format!("docker.io/{name}"),
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fits(pattern: &str, image: &str) -> bool {
        let whole = wanted_reference(pattern);
        let place = Place {
            file: 0,
            span: 0..0,
        };
        let pattern = Pattern::new(pattern, &whole, &place).unwrap();
        pattern.fits(&reference(image))
    }

    #[test]
    fn images_are_compared_by_their_whole_names() {
        for image in [
            "nginx",
            "nginx:1.27",
            "library/nginx",
            "docker.io/library/nginx:latest",
        ] {
            assert!(fits("nginx", image), "{image}");
        }
        assert!(fits("nginx:1.*", "nginx:1.27"));
        assert!(fits("nginx:1.27", "nginx:1.27@sha256:abc"));
        assert!(fits("nginx", "nginx@sha256:abc"));
        assert!(fits("nginx@sha256:abc", "nginx@sha256:abc"));
        assert!(fits(
            "registry.example/team/*",
            "registry.example/team/app:3"
        ));
        assert!(fits("localhost:5000/app", "localhost:5000/app"));
        assert!(fits("**", "ghcr.io/a/b/c:d"));
        for image in [
            "evil/nginx",
            "evil.example/library/nginx",
            "nginx2",
            "sha256:abc",
        ] {
            assert!(!fits("nginx", image), "{image}");
        }
        assert!(!fits("nginx:1.27", "nginx"), "the tag is latest");
        assert!(!fits(
            "registry.example/team/*",
            "registry.example/team/sub/app"
        ));
        assert!(!fits("nginx@sha256:abc", "nginx:1.27"));
    }
}
