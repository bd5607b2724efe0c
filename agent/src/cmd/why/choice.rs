//! Which container is meant.

use std::collections::BTreeSet;

use anyhow::bail;

use super::super::ps::short;
use crate::{denials::Denial, status::Row};

/// What is known of one container; it is there, or something of it was refused.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Chosen {
    /// Oldest first.
    pub(super) denials: Vec<Denial>,
    pub(super) row: Option<Row>,
}

/// A name goes before the beginning of an id. Under one name there may be the denials of containers
/// that came one after the other.
///
/// # Errors
/// If there is none, or more than one.
pub(super) fn choose(
    mut denials: Vec<Denial>,
    mut rows: Vec<Row>,
    wanted: &str,
) -> anyhow::Result<Chosen> {
    let is_name = |name: Option<&String>| name.is_some_and(|name| name == wanted);
    let begins = |id: Option<&String>| id.is_some_and(|id| id.starts_with(wanted));
    let named = denials.iter().any(|d| is_name(d.container.name.as_ref()))
        || rows.iter().any(|row| is_name(row.name.as_ref()));
    if named {
        denials.retain(|denial| is_name(denial.container.name.as_ref()));
        rows.retain(|row| is_name(row.name.as_ref()));
        if rows.len() > 1 {
            let ids = rows.iter().map(|row| row.id.as_deref().unwrap_or("?"));
            bail!("more than one container is called {wanted}: {}", list(ids));
        }
    } else {
        denials.retain(|denial| begins(denial.container.id.as_ref()));
        rows.retain(|row| begins(row.id.as_ref()));
        let of_denials = denials.iter().filter_map(|d| d.container.id.as_deref());
        let ids = of_denials.chain(rows.iter().filter_map(|row| row.id.as_deref()));
        let ids: BTreeSet<&str> = ids.collect();
        if ids.len() > 1 {
            bail!("more than one id begins with {wanted}: {}", list(ids));
        }
    }
    let row = rows.pop();
    if denials.is_empty() && row.is_none() {
        bail!("no container {wanted} is known");
    }
    Ok(Chosen { denials, row })
}

fn list<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    ids.into_iter().map(short).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cmd::ps::sample,
        denials::{Line, sample as denials},
    };

    fn denial(name: &str, id: &str) -> Denial {
        let Line::Denial(mut denial) = denials::line(&denials::mount(), 1) else {
            panic!()
        };
        denial.container.name = Some(name.to_owned());
        denial.container.id = Some(id.to_owned());
        *denial
    }

    fn row(name: &str, id: &str) -> Row {
        Row {
            id: Some(id.to_owned()),
            ..sample::row(Some(name))
        }
    }

    #[track_caller]
    fn fails(denials: Vec<Denial>, rows: Vec<Row>, wanted: &str) -> String {
        choose(denials, rows, wanted).unwrap_err().to_string()
    }

    #[test]
    fn a_name_goes_before_an_id() {
        let denials = vec![denial("db", "aa1"), denial("web", "db7")];
        let rows = vec![row("web", "db7"), row("db", "aa2")];
        let chosen = choose(denials, rows, "db").unwrap();
        assert_eq!(chosen.denials[0].container.id.as_deref(), Some("aa1"));
        assert_eq!(chosen.denials.len(), 1);
        assert_eq!(chosen.row.unwrap().id.as_deref(), Some("aa2"));
    }

    #[test]
    fn nothing_refused_is_an_answer_and_nobody_is_none() {
        let chosen = choose(Vec::new(), vec![row("web", "aa1")], "aa").unwrap();
        assert!(chosen.denials.is_empty() && chosen.row.is_some());
        assert!(choose(vec![denial("web", "aa1")], Vec::new(), "web").is_ok());
        assert_eq!(
            fails(Vec::new(), Vec::new(), "x"),
            "no container x is known"
        );
    }

    #[test]
    fn two_are_told_apart() {
        let rows = || vec![row("web", "aa1"), row("db", "aa2")];
        assert_eq!(
            fails(Vec::new(), rows(), "aa"),
            "more than one id begins with aa: aa1, aa2"
        );
        let rows = vec![row("web", "aa1"), row("web", "aa2")];
        assert_eq!(
            fails(Vec::new(), rows, "web"),
            "more than one container is called web: aa1, aa2"
        );
    }
}
