//! What a container had that its profile does not let in.

use probe_common::{admission::FILESYSTEMS, label};

use super::{Answer, Finding, Setting, beyond_settings, path};
use crate::{
    capabilities,
    denials::{
        Denial, Violation,
        settings::{Key, key},
    },
    learn::host::Host,
    output::act,
    policy::Access,
};

pub(super) fn admission(denial: &Denial, host: &dyn Host) -> Vec<Finding> {
    let all = violations(denial);
    let whole = all.iter().find(|violation| is_whole_host(violation));
    let comes_along = |violation: &&Violation| {
        let (at, below) = (
            whole.and_then(|whole| whole.path.as_deref()),
            &violation.path,
        );
        let below = at.and_then(|at| below.as_deref()?.strip_prefix(at));
        violation.rule != "host-path" || !below.is_some_and(|below| below.starts_with('/'))
    };
    let mut found: Vec<_> = all
        .iter()
        .filter(comes_along)
        .flat_map(|violation| of(violation, denial, host))
        .collect();
    let cause = denial.cause.as_deref();
    let said = |v: &Violation| v.cause.as_deref() == cause;
    if let Some(why) = beyond_settings(cause).filter(|_| !violations(denial).iter().any(said)) {
        found.push(Finding::nothing(why, act(denial)));
    }
    if let Some(count) = denial.unnamed {
        let why = "they are named once those above are let in: learn again then";
        found.push(Finding::nothing(why, format!("{count} mounts more")));
    }
    if found.is_empty() {
        let why = "this version knows no setting for it";
        found.push(Finding::nothing(why, act(denial)));
    }
    found
}

/// A denial of before there were several, or by another version, shows one in `target`.
fn violations(denial: &Denial) -> Vec<Violation> {
    let known = ["host-path", "block-device"].contains(&denial.rule.as_str());
    if !denial.violations.is_empty() || !known && key(&denial.rule).is_none() {
        return denial.violations.clone();
    }
    vec![Violation {
        rule: denial.rule.clone(),
        cause: denial.cause.clone(),
        host_path: denial.target.host_path.clone(),
        path: denial.target.path.clone(),
        ..Violation::default()
    }]
}

/// What is mounted below it is in the container because of it, and no wish of its own.
fn is_whole_host(violation: &Violation) -> bool {
    let place = violation.path.as_deref();
    violation.rule == "host-path"
        && violation.host_path.as_deref() == Some("/")
        && place.is_some_and(|place| place != "/")
}

fn of(violation: &Violation, denial: &Denial, host: &dyn Host) -> Vec<Finding> {
    let mount = mount(violation);
    if let Some(why) = beyond_settings(violation.cause.as_deref()) {
        return vec![Finding::nothing(why, format!("{} {mount}", violation.rule))];
    }
    match violation.rule.as_str() {
        "host-path" => vec![host_path(violation, host)],
        "block-device" => vec![block_device(violation, denial, host)],
        rule => match key(rule) {
            Some(Key::List(key)) => items(key, violation, mount),
            Some(Key::Word(key, word)) => {
                vec![Finding::new(
                    Answer::Setting(Setting::Word(key, word)),
                    mount,
                )]
            }
            None => vec![Finding::nothing(
                "this version knows no setting for it",
                format!("{rule} {mount}"),
            )],
        },
    }
}

/// `/srv → /x`, as far as it is known.
fn mount(violation: &Violation) -> String {
    match (&violation.host_path, &violation.path) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

fn host_path(violation: &Violation, host: &dyn Host) -> Finding {
    let what = mount(violation);
    let answer = match (violation.host_path.as_deref(), violation.path.as_deref()) {
        (None, _) => Answer::Nothing("its path is not known".to_owned()),
        (Some("/"), Some("/")) => Answer::Nothing(
            "this is the container's own root, and the whole host: keep bundles where the runtime \
             keeps its own"
                .to_owned(),
        ),
        (Some(from), _) => path(from, host),
    };
    Finding {
        writable: violation.access == Some(Access::Rw),
        ..Finding::new(answer, what)
    }
}

/// Its number is known of the first mount alone, and only where the record is called by this rule.
fn block_device(violation: &Violation, denial: &Denial, host: &dyn Host) -> Finding {
    let first = denial.violations.iter().find(|v| v.rule == violation.rule);
    let is_shown = denial.rule == violation.rule && first.is_none_or(|first| first == violation);
    let number = denial.target.dev.as_deref().filter(|_| is_shown);
    let what = format!("device {} {}", number.unwrap_or("?"), mount(violation));
    match number.and_then(|number| host.node(number, None)) {
        Some(node) => Finding::new(Answer::Setting(Setting::Item("devices", node)), what),
        None => Finding::nothing(
            "which disk it is is not known: name its node in `devices`, or mount it on the host and \
             let a directory of it in",
            what,
        ),
    }
}

fn items(key: &'static str, violation: &Violation, what: String) -> Vec<Finding> {
    let names = violation.names().iter().map(|name| {
        if is_word(key, name) {
            let item = Setting::Item(key, name.clone());
            return Finding::new(Answer::Setting(item), what.clone());
        }
        let why = format!("`{key}` has no word for it");
        Finding::nothing(&why, format!("{name} {what}"))
    });
    names.collect()
}

/// Is it a word of this key's? The names of later kernels are numbers.
fn is_word(key: &str, name: &str) -> bool {
    match key {
        "capabilities.add" => capabilities::number(name).and_then(capabilities::name) == Some(name),
        // With the host's mounts nothing is a container.
        "host_namespaces" => label::NAMES.iter().skip(1).any(|known| *known == name),
        "kernel_filesystems" => FILESYSTEMS.iter().any(|(_, known)| *known == name),
        _ => false,
    }
}
