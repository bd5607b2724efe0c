//! A proposal as a policy file: every line of it says why it is there.

mod remarks;

use std::fmt::{self, Display, Formatter};

use self::remarks::{opens, seen, times};
use super::{
    drafts::{Draft, Proposal},
    finding::Setting,
    findings::{Findings, Names},
    subject::{Subject, literal},
    text::{comment, quoted},
};

const HEAD: &str = "\
# It lets in what was seen and nothing else. What was seen may have been an attack: read every line,
# and take out what nobody needs. `bulkhead check` says whether the rest is right.
# An assign gives its profile to everybody who may start a container of that image or name.
";

impl Display for Proposal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let denials = if self.seen == 1 { "denial" } else { "denials" };
        writeln!(
            f,
            "# Proposed by `bulkhead learn` from {} {denials}.",
            self.seen
        )?;
        f.write_str(HEAD)?;
        for (cause, count) in &self.lost {
            let cause = comment(cause);
            writeln!(
                f,
                "# {count} denials were lost ({cause}): what they were about is missing here."
            )?;
        }
        if self.beyond > 0 {
            let count = self.beyond;
            writeln!(
                f,
                "# {count} more were of containers that are too many to be told apart."
            )?;
        }
        for draft in &self.drafts {
            writeln!(f)?;
            self::draft(f, draft)?;
        }
        nobody(f, &self.nobody)
    }
}

fn draft(f: &mut Formatter<'_>, draft: &Draft) -> fmt::Result {
    writeln!(f, "# {}", names("Containers", &draft.findings.containers))?;
    rest(f, &draft.findings)?;
    if draft.is_empty() {
        return writeln!(
            f,
            "# There is nothing that a profile for {} could say.",
            whom(&draft.subject)
        );
    }
    writeln!(f, "[[profile]]\nname = {}", quoted(&draft.name))?;
    writeln!(f, "extends = {}", quoted(&draft.extends))?;
    host_paths(f, &draft.findings)?;
    items(f, &draft.findings)?;
    words(f, &draft.findings)?;
    allow(f, draft)?;
    assign(f, draft)
}

fn host_paths(f: &mut Formatter<'_>, findings: &Findings) -> fmt::Result {
    let paths = findings.settings.iter().filter_map(|(s, seen)| match s {
        Setting::HostPath(path) => Some((path, seen)),
        _ => None,
    });
    let paths: Vec<_> = paths.collect();
    if paths.is_empty() {
        return Ok(());
    }
    writeln!(f, "host_paths = [")?;
    for (path, seen) in paths {
        let access = if seen.writable {
            ", access = \"rw\""
        } else {
            ""
        };
        writeln!(f, "  # {}", self::seen(seen))?;
        writeln!(
            f,
            "  {{ path = {}{access} }},",
            quoted(&path.to_string_lossy())
        )?;
    }
    writeln!(f, "]")
}

/// Keys with lists of words, each key once.
fn items(f: &mut Formatter<'_>, findings: &Findings) -> fmt::Result {
    let mut open = None;
    for (setting, seen) in &findings.settings {
        let Setting::Item(key, word) = setting else {
            continue;
        };
        if open != Some(key) {
            if open.replace(key).is_some() {
                writeln!(f, "]")?;
            }
            writeln!(f, "{key} = [")?;
        }
        writeln!(f, "  # {}\n  {},", self::seen(seen), quoted(word))?;
    }
    match open {
        Some(_) => writeln!(f, "]"),
        None => Ok(()),
    }
}

fn words(f: &mut Formatter<'_>, findings: &Findings) -> fmt::Result {
    for (setting, seen) in &findings.settings {
        if let Setting::Word(key, word) = setting {
            writeln!(f, "# {}\n{key} = {}", self::seen(seen), quoted(word))?;
        }
    }
    Ok(())
}

fn allow(f: &mut Formatter<'_>, draft: &Draft) -> fmt::Result {
    let rules = draft.allow();
    if rules.is_empty() {
        return Ok(());
    }
    let from = comment(&draft.extends);
    writeln!(f, "# This list replaces that of profile {from}.")?;
    if draft.is_guess {
        writeln!(
            f,
            "# The policy that was read has no such profile: see what it allows."
        )?;
    }
    writeln!(f, "contain.allow = [")?;
    for rule in rules {
        match draft.findings.settings.get(&Setting::Allow(rule)) {
            Some(seen) => writeln!(f, "  # {}\n  # {}", self::seen(seen), opens(rule))?,
            None => writeln!(f, "  # allowed already")?,
        }
        writeln!(f, "  {},", quoted(rule))?;
    }
    writeln!(f, "]")
}

fn assign(f: &mut Formatter<'_>, draft: &Draft) -> fmt::Result {
    writeln!(f)?;
    if draft.was_assigned {
        let profile = comment(&draft.extends);
        writeln!(
            f,
            "# They have profile {profile} by an assign: this one has to stand before it."
        )?;
    }
    let Subject {
        image,
        name,
        runtime,
    } = &draft.subject;
    if let (None, None, Some(runtime)) = (image, name, runtime) {
        writeln!(
            f,
            "# No cgroup tells them apart, so all such containers of {runtime} get it."
        )?;
    }
    writeln!(f, "[[assign]]")?;
    if let Some(image) = image {
        writeln!(f, "image = {}", quoted(image))?;
    }
    if let Some(name) = name {
        writeln!(f, "name = {}", quoted(&literal(name)))?;
    }
    if let Some(runtime) = runtime {
        writeln!(f, "runtime = {}", quoted(runtime))?;
    }
    writeln!(f, "profile = {}", quoted(&draft.name))
}

/// What no setting lets in, as comments.
fn rest(f: &mut Formatter<'_>, findings: &Findings) -> fmt::Result {
    for ((why, what), seen) in &findings.rest {
        let what = comment(what);
        writeln!(
            f,
            "# Not proposed: {what}, {}:\n#   {}",
            self::seen(seen),
            comment(why)
        )?;
    }
    if findings.uncounted > 0 {
        let times = times(findings.uncounted);
        writeln!(f, "# Not proposed: more than is named here, {times}.")?;
    }
    Ok(())
}

/// Containers of which neither image nor name was known, such as steps of a build.
fn nobody(f: &mut Formatter<'_>, findings: &Findings) -> fmt::Result {
    if *findings == Findings::default() {
        return Ok(());
    }
    let whom = names(
        "Containers without image and name, which no assign can tell",
        &findings.containers,
    );
    writeln!(f, "\n# {whom}")?;
    rest(f, findings)?;
    for (setting, seen) in &findings.settings {
        let text = match setting {
            Setting::HostPath(path) => format!("host_paths = {}", path.display()),
            Setting::Item(key, word) => format!("{key} = {word}"),
            Setting::Word(key, word) => format!("{key} = {word}"),
            Setting::Allow(rule) => format!("contain.allow = {rule}"),
        };
        writeln!(f, "# Needs {}: {}", comment(&text), self::seen(seen))?;
    }
    Ok(())
}

fn whom(subject: &Subject) -> String {
    let image = subject.image.as_ref().map(|image| format!("image {image}"));
    let name = subject.name.as_ref().map(|name| format!("name {name}"));
    let runtime = subject.runtime.filter(|_| name.is_none());
    let runtime = runtime.map(|runtime| format!("runtime {runtime}"));
    let all: Vec<_> = image.into_iter().chain(name).chain(runtime).collect();
    comment(&all.join(" and "))
}

fn names(what: &str, names: &Names) -> String {
    let mut all: Vec<_> = names.named.iter().map(|name| comment(name)).collect();
    if names.more {
        all.push("…".to_owned());
    }
    format!("{what}: {}", all.join(", "))
}
