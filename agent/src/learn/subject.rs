//! Whom an `assign` can name.

use crate::{
    denials::Container,
    policy::{RUNTIMES, with_registry},
};

/// A container as far as an `assign` could tell it from others, and the profile that it had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    /// The whole name, with a tag or a digest.
    pub(super) image: Option<String>,
    pub(super) name: Option<String>,
    pub(super) runtime: Option<&'static str>,
    /// Nothing but its runtime counts.
    pub(super) by_descent: bool,
    pub(super) profile: String,
}

impl Who {
    pub(super) fn of(container: &Container) -> Self {
        let runtime = container.runtime.as_deref();
        let name = container.name.clone();
        Self {
            image: container.image.as_deref().and_then(image),
            name: name.filter(|name| !name.is_empty() && !container.by_descent),
            runtime: RUNTIMES.iter().find(|r| Some(**r) == runtime).copied(),
            by_descent: container.by_descent,
            profile: container.profile.clone(),
        }
    }
}

/// The conditions of an `assign`; none where there is nothing to tell the container by.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub image: Option<String>,
    pub name: Option<String>,
    pub runtime: Option<&'static str>,
}

impl Subject {
    /// By the image, unless `ambiguous`: containers of it have different profiles, by their names.
    pub(super) fn of(who: &Who, ambiguous: bool) -> Self {
        match &who.image {
            Some(image) => Self {
                image: Some(image.clone()),
                name: who.name.clone().filter(|_| ambiguous),
                runtime: None,
            },
            None if who.name.is_none() && !who.by_descent => Self::default(),
            None => Self {
                image: None,
                name: who.name.clone(),
                runtime: who.runtime,
            },
        }
    }

    pub fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    /// Before those that fit more: the first `assign` that fits counts.
    pub(super) fn rank(&self) -> u8 {
        match (&self.image, &self.name, self.runtime) {
            (Some(_), Some(_), _) => 0,
            (Some(_), None, _) => 1,
            (None, Some(_), Some(_)) => 2,
            (None, Some(_), None) => 3,
            (None, None, _) => 4,
        }
    }

    /// What a profile for it could be called.
    pub(super) fn stem(&self) -> String {
        let name = self.image.as_deref().or(self.name.as_deref());
        let name = name.or(self.runtime);
        let last = name.unwrap_or_default().rsplit('/').next();
        let bare = last.unwrap_or_default().split([':', '@']).next();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let stem: String = bare
            .unwrap_or_default()
            .chars()
            .filter(|c| plain(*c))
            .collect();
        if stem.is_empty() {
            "learned".to_owned()
        } else {
            stem
        }
    }
}

/// An image as an `assign` compares it: its whole name, and its tag, or its digest where it has no
/// tag. `None` for what is no image's name.
fn image(text: &str) -> Option<String> {
    // An id has no registry.
    let whole = Some(with_registry(text)).filter(|whole| whole.contains('/'))?;
    let (name, digest) = match whole.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (&*whole, None),
    };
    let is_plain = |part: &str, more: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        !part.is_empty() && part.chars().all(plain)
    };
    let has_tag = name
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains(':'));
    // An assign that has the tag fits whatever digest comes after it.
    let is_digest = |digest: &str| is_plain(digest, "+._-:") || has_tag && !digest.contains('/');
    let is_image =
        name.split('/').all(|part| is_plain(part, "._-:")) && digest.is_none_or(is_digest);
    let image = match (has_tag, digest) {
        (true, _) => name.to_owned(),
        (false, Some(_)) => whole.clone(),
        (false, None) => format!("{name}:latest"),
    };
    is_image.then_some(image)
}

/// A pattern that fits this name and no other.
pub(super) fn literal(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for c in name.chars() {
        if "?*[]{}\\".contains(c) {
            pattern.extend(['[', c, ']']);
        } else {
            pattern.push(c);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_whatever_is_after_it() {
        for text in ["x:1", "x:1@sha256:abc", "x:1@", "x:1@?"] {
            assert_eq!(image(text).unwrap(), "docker.io/library/x:1", "{text}");
        }
        assert_eq!(image("x:1@a/b"), None);
        assert_eq!(image("x@"), None);
    }

    #[test]
    fn images_have_one_name() {
        for text in ["nginx", "nginx:latest", "docker.io/library/nginx:latest"] {
            assert_eq!(image(text).unwrap(), "docker.io/library/nginx:latest");
        }
        let same = |text: &str| assert_eq!(image(text).unwrap(), text);
        same("registry.example:5000/team/app:3");
        same("registry.example/app@sha256:abc");
        assert_eq!(
            image("r.example/app:3@sha256:abc").unwrap(),
            "r.example/app:3"
        );
        assert_eq!(image("team/app").unwrap(), "docker.io/team/app:latest");
        for text in ["", "**", "a b", "a\n", "a/", "a@", ":@/", "a@b@c"] {
            assert_eq!(image(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_profile_is_called_as_the_image() {
        let stem = |image: &str| {
            Subject {
                image: Some(image.to_owned()),
                ..Subject::default()
            }
            .stem()
        };
        assert_eq!(stem("registry.example:5000/team/app:3"), "app");
        assert_eq!(stem("r.example/app@sha256:abc"), "app");
        assert_eq!(stem("r.example/:"), "learned");
    }
}
