//! Which container gets which profile: the first entry that fits.

use std::ops::Range;

use globset::{GlobBuilder, GlobMatcher};

use super::{
    Mode, check,
    error::{Problem, Wrong},
    profiles::Profiles,
    source::Section,
};
use crate::containers::Info;

const ASSIGN: &[&str] = &["image", "name", "label", "runtime", "profile", "mode"];
/// As `bulkhead tail` and the records name them.
const RUNTIMES: &[&str] = &[
    "containerd",
    "cri-o",
    "crun",
    "docker",
    "podman",
    "runc",
    "youki",
];

/// Every condition that is given has to be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    image: Option<Pattern>,
    name: Option<Pattern>,
    runtime: Option<String>,
    labels: Vec<(String, Pattern)>,
    pub(super) profile: String,
    /// That of the policy where nothing is said.
    pub(super) mode: Option<Mode>,
}

/// A glob: `*` and `?` stop at `/`, `**` does not.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Assign {
    pub(super) fn fits(&self, info: &Info) -> bool {
        let fits = |wanted: &Option<Pattern>, found: Option<&str>| {
            let fits = |wanted: &Pattern| found.is_some_and(|found| wanted.fits(found));
            wanted.as_ref().is_none_or(fits)
        };
        let image = info.image.as_deref().map(reference);
        fits(&self.image, image.as_deref())
            && fits(&self.name, info.name.as_deref())
            && (self.runtime.is_none() || self.runtime.as_deref() == info.runtime)
            && self.labels.iter().all(|(key, wanted)| {
                let found = info.labels.get(key);
                found.is_some_and(|found| wanted.fits(found))
            })
    }

    /// Does every container that fits `other` fit this one? Only what can be seen from the text.
    fn covers(&self, other: &Self) -> bool {
        let covers = |this: &Option<Pattern>, other: &Option<Pattern>| match (this, other) {
            (None, _) => true,
            (Some(this), Some(other)) => this == other || this.text == "**",
            (Some(_), None) => false,
        };
        covers(&self.image, &other.image)
            && covers(&self.name, &other.name)
            && (self.runtime.is_none() || self.runtime == other.runtime)
            && self.labels.iter().all(|label| other.labels.contains(label))
    }

    fn has_no_condition(&self) -> bool {
        let Self {
            image,
            name,
            runtime,
            labels,
            ..
        } = self;
        image.is_none() && name.is_none() && runtime.is_none() && labels.is_empty()
    }
}

impl Pattern {
    fn new(text: &str, whole: &str, place: &Range<usize>) -> Result<Self, Wrong> {
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

    fn fits(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

pub(super) fn read(sections: &[Section<'_>], profiles: &Profiles) -> Result<Vec<Assign>, Wrong> {
    let mut all: Vec<Assign> = Vec::new();
    for section in sections {
        let assign = one(section, profiles)?;
        if assign.has_no_condition() {
            return Err(Wrong::new(section.span(), Problem::NoCondition));
        }
        if all.iter().any(|earlier| earlier.covers(&assign)) {
            return Err(Wrong::new(section.span(), Problem::NeverFits));
        }
        all.push(assign);
    }
    Ok(all)
}

fn one(section: &Section<'_>, profiles: &Profiles) -> Result<Assign, Wrong> {
    section.only(ASSIGN)?;
    let (profile, place) = check::required(section, ("assign", "profile"))?;
    profiles.demand(profile, &place)?;
    let pattern = |key, whole: fn(&str) -> String| match section.string(key)? {
        Some((text, place)) => Pattern::new(text, &whole(text), &place).map(Some),
        None => Ok(None),
    };
    let mut labels = Vec::new();
    if let Some(table) = section.table("label")? {
        for (key, text, place) in table.all_strings("label")? {
            labels.push((key.to_owned(), Pattern::new(text, text, &place)?));
        }
    }
    Ok(Assign {
        image: pattern("image", wanted_reference)?,
        name: pattern("name", str::to_owned)?,
        runtime: runtime(section)?,
        labels,
        profile: profile.to_owned(),
        mode: check::mode(section)?,
    })
}

fn runtime(section: &Section<'_>) -> Result<Option<String>, Wrong> {
    match section.string("runtime")? {
        None => Ok(None),
        Some((name, _)) if RUNTIMES.contains(&name) => Ok(Some(name.to_owned())),
        Some((name, place)) => Err(check::value(("runtime", name), place, RUNTIMES)),
    }
}

/// An image's whole name, as it would be pulled: `nginx` is `docker.io/library/nginx:latest`.
fn reference(image: &str) -> String {
    let whole = with_registry(image);
    let named = whole.contains('@') || last(&whole).contains(':');
    if named { whole } else { whole + ":latest" }
}

/// The same of a pattern: without a tag any will do, without a digest too.
fn wanted_reference(pattern: &str) -> String {
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
        let pattern = Pattern::new(pattern, &whole, &(0..0)).unwrap();
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
