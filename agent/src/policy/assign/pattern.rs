//! Patterns, and the whole names of images.

use globset::{GlobBuilder, GlobMatcher};

use crate::policy::{
    error::{Problem, Wrong},
    source::Place,
};

/// Of one pattern.
const ALTERNATIVES: usize = 64;

/// A glob: `*` and `?` stop at `/`, `**` does not.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    /// With what may be left out of an image's name.
    whole: String,
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
        let matcher = matcher(whole).map_err(|e| {
            let reason = e.kind().to_string();
            let pattern = text.to_owned();
            Wrong::new(place.clone(), Problem::Pattern { pattern, reason })
        })?;
        Ok(Self {
            text: text.to_owned(),
            whole: whole.to_owned(),
            matcher,
        })
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// Does whatever fits `other` fit this one? What is not simple enough to say does not count.
    pub(super) fn covers(&self, other: &Self) -> bool {
        // A character of no name: only `*` and `**` let it pass here, and so whatever is in its place.
        const ANYTHING: &str = "\u{1}";
        let is_simple = !self.whole.contains(['?', '[', '\\', '\u{1}'])
            && !other.whole.contains(['[', '\\'])
            && !other.whole.contains("**");
        // One that is left has too many alternatives.
        let is_one = |one: &str| !one.contains('{');
        let fits = |one: &String| is_one(one) && self.fits(&one.replace(['*', '?'], ANYTHING));
        self == other
            || self.text == "**"
            || is_simple && alternatives(&other.whole).iter().all(fits)
    }
}

pub(super) fn matcher(whole: &str) -> Result<GlobMatcher, globset::Error> {
    let glob = GlobBuilder::new(whole)
        .literal_separator(true)
        .empty_alternates(true)
        .build();
    glob.map(|glob| glob.compile_matcher())
}

/// An image's whole name, as it would be pulled: `nginx` is `docker.io/library/nginx:latest`. An id is
/// no name: nothing fits it but itself and `**`.
pub(super) fn reference(image: &str) -> String {
    let whole = with_registry(image);
    let named = whole.contains('@') || last(&whole).contains(':') || is_id(image);
    if named { whole } else { whole + ":latest" }
}

/// The same of a pattern: without a tag any will do, without a digest too. Each of its alternatives
/// may leave out what an image may.
pub(super) fn wanted_reference(pattern: &str) -> String {
    let all = alternatives(pattern);
    let all: Vec<_> = all.iter().map(|one| wanted_one(one)).collect();
    match &all[..] {
        [one] => one.clone(),
        _ => format!("{{{}}}", all.join(",")),
    }
}

/// `{a,b}c` is `ac` and `bc`. What is more than [`ALTERNATIVES`], or not closed, stays as it is.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut all = vec![pattern.to_owned()];
    let next = |all: &[String]| {
        all.iter().enumerate().find_map(|(at, one)| {
            let (before, list, after) = first_list(one)?;
            let more = list.iter().map(|part| format!("{before}{part}{after}"));
            Some((at, more.collect::<Vec<_>>()))
        })
    };
    while let Some((at, more)) = next(&all) {
        if all.len() + more.len() > ALTERNATIVES {
            return vec![pattern.to_owned()];
        }
        all.splice(at..=at, more);
    }
    all
}

/// The first list in braces: what is before it, its parts, and what is after it. Brackets and
/// backslashes are left to the matcher.
fn first_list(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    if pattern.contains(['[', '\\']) {
        return None;
    }
    let start = pattern.find('{')?;
    let (mut depth, mut from, mut parts) = (0, start + 1, Vec::new());
    for (at, c) in pattern.char_indices().skip_while(|(at, _)| *at < start) {
        match c {
            '{' => depth += 1,
            ',' if depth == 1 => {
                parts.push(pattern.get(from..at)?);
                from = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            parts.push(pattern.get(from..at)?);
            return Some((pattern.get(..start)?, parts, pattern.get(at + 1..)?));
        }
    }
    None
}

fn wanted_one(pattern: &str) -> String {
    let whole = with_registry(pattern);
    if let Some((name, digest)) = whole.split_once('@') {
        if last(name).contains(':') {
            whole
        } else {
            format!("{name}{{,:*}}@{digest}")
        }
    } else if whole.ends_with("**") || is_id(pattern) {
        whole
    } else if last(&whole).contains(':') {
        whole + "{,@*}"
    } else {
        whole + "{:*,@*}"
    }
}

/// A registry is told from a directory by a dot, a port, or being `localhost`; Docker's own may be
/// left out, and so may its `library`.
pub fn with_registry(name: &str) -> String {
    const DOCKERS: [&str; 2] = ["docker.io", "index.docker.io"];
    let (first, rest) = name.split_once('/').unwrap_or(("", name));
    let is_registry = first.contains(['.', ':']) || first == "localhost" || name.starts_with("**");
    let of_docker = match first {
        _ if is_id(name) => return name.to_owned(),
        _ if DOCKERS.contains(&first) => rest,
        _ if is_registry => return name.to_owned(),
        _ => name,
    };
    if of_docker.contains('/') || of_docker.starts_with("**") {
        format!("docker.io/{of_docker}")
    } else {
        format!("docker.io/library/{of_docker}")
    }
}

/// What Docker and the kubelet take for an image's id.
fn is_id(name: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let digest = name.strip_prefix("sha256:");
    digest.is_some_and(is_hex) || (12..=64).contains(&name.len()) && is_hex(name)
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
    fn a_pattern_covers_what_can_be_nothing_else() {
        let covers = |this: &str, other: &str| {
            let pattern = |text: &str| {
                let place = Place {
                    file: 0,
                    span: 0..0,
                };
                Pattern::new(text, &wanted_reference(text), &place).unwrap()
            };
            pattern(this).covers(&pattern(other))
        };
        let many: Vec<_> = (1..64).map(|i| format!("a{i}")).collect();
        let many = format!("registry.example/{{{},team/b}}", many.join(","));
        for (this, other) in [
            ("nginx", "nginx:1.27"),
            ("nginx", "docker.io/library/nginx:1.*"),
            ("nginx:1.*", "nginx:1.2?"),
            ("docker.io/**", "{nginx,team/*}"),
            ("registry.example/*", "registry.example/app@sha256:abc"),
            ("**", "registry.example/**"),
        ] {
            assert!(covers(this, other), "{this} covers {other}");
        }
        for (this, other) in [
            ("nginx:1.27", "nginx"),
            ("nginx:1.2?", "nginx:1.2*"),
            ("registry.example/*", "registry.example/**"),
            ("registry.example/*", "registry.example/a/b"),
            ("registry.example/*/*", "registry.example/**"),
            ("docker.io/**", "{nginx,quay.io/x}"),
            ("nginx:[0-9]", "nginx:*"),
            ("nginx", "nginx*"),
            ("registry.example/*/*", &many),
        ] {
            assert!(!covers(this, other), "{this} does not cover {other}");
        }
    }

    #[test]
    fn images_are_compared_by_their_whole_names() {
        for image in [
            "nginx",
            "nginx:1.27",
            "library/nginx",
            "docker.io/library/nginx:latest",
            "docker.io/nginx",
            "index.docker.io/library/nginx",
        ] {
            assert!(fits("nginx", image), "{image}");
            assert!(fits("index.docker.io/nginx", image), "{image}");
        }
        assert!(fits("nginx:1.*", "nginx:1.27"));
        assert!(fits("nginx:1.27", "nginx:1.27@sha256:abc"));
        assert!(fits("nginx", "nginx@sha256:abc"));
        assert!(fits("nginx@sha256:abc", "nginx@sha256:abc"));
        assert!(fits("nginx@sha256:abc", "nginx:1@sha256:abc"));
        assert!(fits("docker.io/**", "team/app"));
        let several = "{prom,quay.io/{prometheus,x},localhost:5000}/node{,-exporter:1}";
        for image in [
            "prom/node",
            "quay.io/x/node-exporter:1",
            "localhost:5000/node:2",
        ] {
            assert!(fits(several, image), "{image}");
        }
        assert!(!fits(several, "docker.io/quay.io/x/node"));
        assert!(!fits(several, "prom/node-exporter:2"));
        assert!(fits("{nginx,registry.example/web}", "nginx"));
        let many = "{a,b}".repeat(60);
        assert_eq!(alternatives(&many), [many.as_str()], "not one by one");
        for id in ["4bb46517cac3", &"4b".repeat(32), "sha256:4bb4"] {
            assert!(fits(id, id) && fits("**", id), "{id}");
            assert!(!fits("docker.io/**", id) && !fits("*", id), "{id}");
        }
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
