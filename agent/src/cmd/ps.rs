//! `bulkhead ps`: every container.

use std::path::Path;

use super::{applied::mode, print};
use crate::{
    cli::{self, TableForm},
    containers::Lookup,
    exit::Exit,
    output::{self, escape},
    socket::{
        Request, SocketError,
        client::{Client, LONG},
    },
    status::{Assigned, Row},
};

const HEAD: [&str; 9] = [
    "NAME",
    "ID",
    "IMAGE",
    "RUNTIME",
    "PROFILE",
    "MODE",
    "DENIED",
    "LOOKUP",
    "WOULD REFUSE",
];
/// How much of an id is shown.
const ID: usize = 12;

pub fn ps(args: &cli::Ps, run_dir: &Path) -> anyhow::Result<Exit> {
    let rows = ask(run_dir)?;
    print(&match args.output {
        TableForm::Json => output::json(&rows),
        TableForm::Table => table(&rows),
    })?;
    Ok(Exit::Fine)
}

/// Every container the agent knows.
pub fn ask(run_dir: &Path) -> Result<Vec<Row>, SocketError> {
    Client::ask(run_dir, &Request::Ps)?.answer_within(LONG)
}

/// The beginning of an id.
pub fn short(id: &str) -> String {
    let is_long = id.len() == 64;
    escape(
        &id.chars()
            .take(if is_long { ID } else { id.len() })
            .collect::<String>(),
    )
}

fn table(rows: &[Row]) -> String {
    let mut all = vec![HEAD.map(str::to_owned)];
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.name.is_none(), &row.name, row.cgroup_id));
    all.extend(sorted.into_iter().map(cells));
    let widths: [usize; HEAD.len()] = std::array::from_fn(|column| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let line = |row: &[String; HEAD.len()]| {
        let padded = row.iter().zip(widths);
        let padded: Vec<_> = padded.map(|(cell, w)| format!("{cell:<w$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn cells(row: &Row) -> [String; HEAD.len()] {
    let or_dash = |text: Option<&String>| text.map_or_else(|| "-".to_owned(), |t| escape(t));
    [
        or_dash(row.name.as_ref()),
        row.id.as_deref().map_or_else(|| "-".to_owned(), short),
        or_dash(row.image.as_ref()),
        or_dash(row.runtime.as_ref()),
        escape(&row.profile),
        mode(row.mode).to_owned(),
        denied(row),
        lookup(row),
        refused(row),
    ]
}

fn denied(row: &Row) -> String {
    match (row.denied, row.audited) {
        (denied, 0) => denied.to_string(),
        (0, audited) => format!("{audited} audited"),
        (denied, audited) => format!("{denied}, {audited} audited"),
    }
}

fn lookup(row: &Row) -> String {
    let found = match row.lookup {
        Lookup::Resolved => "resolved",
        Lookup::Pending => "pending",
        Lookup::Failed => "failed",
    };
    match row.assigned {
        Assigned::Late => format!("{found}, late"),
        Assigned::AtStart | Assigned::InTime => found.to_owned(),
    }
}

fn refused(row: &Row) -> String {
    if row.process.is_none() {
        return "?".to_owned();
    }
    let rules: Vec<_> = row.would_refuse.iter().map(|v| escape(&v.rule)).collect();
    if rules.is_empty() {
        "-".to_owned()
    } else {
        rules.join(", ")
    }
}

/// Rows, for tests.
#[cfg(test)]
pub mod sample {
    use super::*;
    use crate::policy::Mode;

    pub fn row(name: Option<&str>) -> Row {
        Row {
            id: Some("2f".repeat(32)),
            name: name.map(str::to_owned),
            image: Some("nginx:1.27".to_owned()),
            runtime: Some("docker".to_owned()),
            cgroup_id: 7,
            cgroup: None,
            profile: "baseline".to_owned(),
            mode: Mode::Enforce,
            lookup: Lookup::Resolved,
            assigned: Assigned::InTime,
            denied: 0,
            audited: 0,
            process: None,
            would_refuse: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{sample::row, *};
    use crate::{explain::Refusal, status::Process};

    #[test]
    fn the_table_is_aligned_and_says_what_stands_out() {
        let process = Some(Process {
            pid: 20,
            user: 0,
            capabilities: Vec::new(),
            host_namespaces: Vec::new(),
            seccomp: "off".to_owned(),
            no_new_privs: false,
        });
        let refusal = |rule: &str| Refusal {
            rule: rule.to_owned(),
            asked: String::new(),
            at: String::new(),
            allowed: String::new(),
            said: None,
            advice: String::new(),
            is_setting: false,
        };
        let rows = [
            row(None),
            Row {
                denied: 2,
                audited: 1,
                assigned: Assigned::Late,
                would_refuse: vec![refusal("seccomp"), refusal("root-user")],
                process,
                ..row(Some("we\nb"))
            },
        ];
        let expected = "\
NAME   ID            IMAGE       RUNTIME  PROFILE   MODE     DENIED        LOOKUP          WOULD REFUSE
we\\nb  2f2f2f2f2f2f  nginx:1.27  docker   baseline  enforce  2, 1 audited  resolved, late  seccomp, root-user
-      2f2f2f2f2f2f  nginx:1.27  docker   baseline  enforce  0             resolved        ?";
        assert_eq!(table(&rows), expected);
    }
}
