//! Which lines a reader wants.

use serde::{Deserialize, Serialize};

use crate::{
    denials::{Container, Line},
    policy::Image,
};

/// An empty list wants everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Not before this time, in the format of the lines.
    pub since: Option<String>,
    /// Names, or beginnings of ids.
    pub containers: Vec<String>,
    pub images: Vec<Image>,
    pub rules: Vec<String>,
    pub verdicts: Vec<String>,
}

impl Filter {
    /// Losses are for everybody: nobody knows whose denials they were.
    pub fn wants(&self, line: &Line) -> bool {
        // Times of one format in UTC compare as text.
        if self
            .since
            .as_deref()
            .is_some_and(|since| line.time() < since)
        {
            return false;
        }
        match line {
            Line::Denial(denial) => {
                self.wants_one(&denial.container, &denial.rule, &denial.verdict)
            }
            Line::Stopped(stopped) => {
                self.wants_one(&stopped.container, &stopped.rule, &stopped.verdict)
            }
            Line::Lost(_) => true,
        }
    }

    fn wants_one(&self, container: &Container, rule: &str, verdict: &str) -> bool {
        let image = container.image.as_deref();
        self.wants_container(container)
            && any(&self.images, |wanted| image.is_some_and(|i| wanted.fits(i)))
            && any(&self.rules, |wanted| wanted == rule)
            && any(&self.verdicts, |wanted| wanted == verdict)
    }

    fn wants_container(&self, container: &Container) -> bool {
        let (name, id) = (container.name.as_deref(), container.id.as_deref());
        any(&self.containers, |wanted| {
            name == Some(wanted.as_str()) || id.is_some_and(|id| id.starts_with(wanted.as_str()))
        })
    }
}

fn any<T>(wanted: &[T], is_it: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::sample;

    fn wants(change: impl FnOnce(&mut Filter)) -> bool {
        let mut filter = Filter::default();
        change(&mut filter);
        filter.wants(&sample::line(&sample::mount(), 1))
    }

    #[test]
    fn nothing_asked_is_everything() {
        assert!(wants(|_| ()));
    }

    #[test]
    fn what_was_stopped_is_found_as_a_denial_is() {
        let with = |verdicts: &[&str], rules: &[&str]| {
            let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
            let filter = Filter {
                containers: vec!["web".into()],
                verdicts: texts(verdicts),
                rules: texts(rules),
                ..Filter::default()
            };
            filter.wants(&sample::stopped(None))
        };
        assert!(with(&[], &[]));
        assert!(with(&["stopped"], &["host-path"]));
        assert!(!with(&["denied"], &[]));
        assert!(!with(&[], &["mount"]));
    }

    #[test]
    fn a_container_by_name_or_beginning_of_its_id() {
        assert!(wants(|f| f.containers = vec!["db".into(), "web".into()]));
        assert!(wants(|f| f.containers = vec!["2f2f".into()]));
        assert!(!wants(|f| f.containers = vec!["we".into()]));
        assert!(!wants(|f| f.containers = vec!["f2".into()]));
    }

    #[test]
    fn an_image_as_in_an_assign() {
        let image = |text: &str| vec![text.to_owned().try_into().unwrap()];
        assert!(wants(|f| f.images = image("nginx")));
        assert!(wants(|f| f.images = image("docker.io/**")));
        assert!(!wants(|f| f.images = image("nginx:1.26")));
        let mut line = sample::line(&sample::mount(), 1);
        if let Line::Denial(denial) = &mut line {
            denial.container.image = None;
        }
        let images = image("**");
        let filter = Filter {
            images,
            ..Filter::default()
        };
        assert!(!filter.wants(&line), "nobody knows");
    }

    #[test]
    fn rule_and_verdict_and_time() {
        assert!(wants(|f| f.rules = vec!["mount".into()]));
        assert!(!wants(|f| f.rules = vec!["setns".into()]));
        assert!(!wants(|f| f.verdicts = vec!["audited".into()]));
        assert!(wants(
            |f| f.since = Some("2026-11-22T05:12:09.402113Z".into())
        ));
        assert!(!wants(
            |f| f.since = Some("2026-11-22T05:12:09.402114Z".into())
        ));
    }

    #[test]
    fn losses_are_for_everybody() {
        let filter = Filter {
            rules: vec!["setns".into()],
            ..Filter::default()
        };
        assert!(filter.wants(&sample::lost(1)));
    }
}
