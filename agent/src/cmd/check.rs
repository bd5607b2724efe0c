//! `bulkhead check`: is a policy right, and is it meant so?

use std::{
    io::{self, Write},
    path::Path,
};

use serde::Serialize;

use crate::{
    cli::{self, CheckForm},
    exit::Exit,
    policy::{self, DEFAULT_FILE, Lint, Numbered, PolicyError, TooMany, Warning},
};

/// What `-o json` prints.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// `None` for the built-in policy.
    file: Option<String>,
    ok: bool,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Finding {
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    /// What stands there.
    text: Option<String>,
    message: String,
    hint: Option<String>,
}

pub fn check(args: &cli::Check, root: &Path) -> anyhow::Result<Exit> {
    let file = args.file.as_deref();
    let checked = policy::lint(file, root)
        .map_err(anyhow::Error::new)
        .and_then(|lint| numbered(lint).map_err(anyhow::Error::new));
    match (args.output, checked) {
        (CheckForm::Text, Err(error)) => Err(error),
        (CheckForm::Text, Ok(lint)) => {
            for warning in &lint.warnings {
                eprintln!("bulkhead: {}", line(warning));
            }
            writeln!(io::stdout(), "{}", verdict(&lint))?;
            Ok(Exit::Fine)
        }
        (CheckForm::Json, checked) => {
            let report = report(file, &checked);
            writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
            Ok(if report.ok { Exit::Fine } else { Exit::Policy })
        }
    }
}

/// The last thing that can be wrong with a policy before the kernel gets it.
fn numbered(lint: Lint) -> Result<Lint, TooMany> {
    Numbered::default()
        .follow(lint.policy.clone())
        .map(|_| lint)
}

fn line(warning: &Warning) -> String {
    let Warning { path, at, message } = warning;
    format!("{}:{at}: warning: {message}", path.display())
}

fn verdict(lint: &Lint) -> String {
    let (main, more) = match lint.files.split_first() {
        None => return "built-in policy: fine".to_owned(),
        Some((main, more)) => (main.display(), more.len()),
    };
    let more = match more {
        0 => String::new(),
        more => format!(" and {}", counted(more, "more file")),
    };
    let profiles = counted(lint.profiles, "profile");
    let assigns = counted(lint.policy.assigns.len(), "assign");
    format!("{main}{more}: fine, {profiles}, {assigns}")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn report(file: Option<&Path>, checked: &anyhow::Result<Lint>) -> Report {
    let shown = |path: &Path| path.display().to_string();
    match checked {
        Ok(lint) => Report {
            file: lint.policy.file.as_deref().map(shown),
            ok: true,
            errors: Vec::new(),
            warnings: lint.warnings.iter().map(Finding::warning).collect(),
        },
        Err(error) => Report {
            file: Some(shown(file.unwrap_or(Path::new(DEFAULT_FILE)))),
            ok: false,
            errors: vec![Finding::error(error)],
            warnings: Vec::new(),
        },
    }
}

impl Finding {
    fn warning(warning: &Warning) -> Self {
        Self {
            file: Some(warning.path.display().to_string()),
            line: Some(warning.at.line),
            column: Some(warning.at.column),
            text: None,
            message: warning.message.clone(),
            hint: None,
        }
    }

    fn error(error: &anyhow::Error) -> Self {
        let Some(wrong) = error.downcast_ref::<PolicyError>() else {
            return Self {
                file: None,
                line: None,
                column: None,
                text: None,
                message: error.to_string(),
                hint: None,
            };
        };
        let (path, at) = wrong.place();
        Self {
            file: Some(path.display().to_string()),
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            text: wrong.excerpt().map(|excerpt| excerpt.text.clone()),
            message: wrong.message(),
            hint: wrong.hint(),
        }
    }
}
