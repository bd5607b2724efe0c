//! Nothing of the machine that a file was written on may be in it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use super::{Finding, Text};
use crate::setup;

/// Folders that every machine has tell nothing of this one.
const EVERYWHERE: &[Option<&str>] = &[
    None,
    Some("/"),
    Some("/home"),
    Some("/mnt"),
    Some("/opt"),
    Some("/root"),
    Some("/srv"),
    Some("/tmp"),
    Some("/usr/src"),
    Some("/var/tmp"),
];

pub(super) fn check(texts: &[Text], root: &Path) -> Vec<Finding> {
    let mut betraying: BTreeSet<(String, &str)> = BTreeSet::new();
    betraying.extend(
        hosts()
            .into_iter()
            .map(|host| (host, "the name of this machine's mirror")),
    );
    betraying.extend(
        folders(root)
            .into_iter()
            .map(|path| (path, "a folder of this machine")),
    );
    let mut findings = Vec::new();
    for text in texts {
        for (number, line) in (1..).zip(text.text.lines()) {
            for (word, what) in betraying.iter().filter(|(word, _)| stands_in(line, word)) {
                let what = format!("{word} is {what}");
                findings.push(Finding {
                    file: text.path.clone(),
                    line: number,
                    what,
                });
            }
        }
    }
    findings
}

/// Hosts that apt and cargo are set up with here.
fn hosts() -> BTreeSet<String> {
    let apt = setup::apt_configured().unwrap_or_default();
    let cargo = env::var_os("CARGO_HOME").map(Into::into);
    let cargo = cargo.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let cargo = cargo.and_then(|dir| fs::read_to_string(dir.join("config.toml")).ok());
    [apt, cargo.unwrap_or_default()]
        .iter()
        .flat_map(|text| hosts_in(text))
        .collect()
}

/// Every host of a URL in a text.
fn hosts_in(text: &str) -> Vec<String> {
    let after = text.split("://").skip(1);
    let host = |rest: &str| {
        let end = rest
            .find(|c: char| "/\"' \n\r".contains(c))
            .unwrap_or(rest.len());
        let host = rest.get(..end)?.rsplit('@').next()?.split(':').next()?;
        host.contains('.').then(|| host.to_owned())
    };
    after.filter_map(host).collect()
}

/// Where this checkout and its owner live, as paths would begin.
fn folders(root: &Path) -> BTreeSet<String> {
    let home = env::home_dir();
    let places = [root.parent(), home.as_deref()];
    let places = places
        .into_iter()
        .flatten()
        .filter(|place| !EVERYWHERE.contains(&place.to_str()));
    let mut folders: BTreeSet<_> = places
        .map(|place| format!("{}/", place.display()))
        .collect();
    // Of a home that every machine has, what is hidden in it still tells.
    folders.extend(home.map(|home| format!("{}/.", home.display())));
    folders
}

/// Whether a line has a word that is not the end of a longer path or name.
fn stands_in(line: &str, word: &str) -> bool {
    let part_of_more = |c: char| c.is_alphanumeric() || "._-/}~".contains(c);
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let url = line.get(..at).is_some_and(|before| before.ends_with("//"));
        url || !before.is_some_and(part_of_more)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_taken_out_of_urls() {
        let text =
            "http://a.example/debian\nregistry = \"sparse+https://user:x@b.example:8443/i/\"";
        assert_eq!(hosts_in(text), ["a.example", "b.example"]);
        assert!(hosts_in("file:///var and proxy://proxy").is_empty());
    }

    #[test]
    fn a_word_counts_where_it_begins() {
        assert!(stands_in("see /srv/x", "/srv/"));
        assert!(stands_in("get http://a.example/x", "a.example"));
        assert!(!stands_in("overlay/srv/x", "/srv/"));
        assert!(!stands_in("get http://alpha.example/x", "a.example"));
    }
}
