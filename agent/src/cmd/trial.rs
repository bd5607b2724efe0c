//! `bulkhead try`: a policy for a while.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{applied, print};
use crate::{
    cli,
    exit::Exit,
    policy::PolicyError,
    socket::{
        Applied, Request, Try,
        client::{Client, LONG},
    },
};

pub fn trial(args: &cli::Try, run_dir: &Path) -> anyhow::Result<Exit> {
    let request = match &args.file {
        Some(file) => Request::Try(read(file, args)?),
        None if args.confirm => Request::Confirm,
        None => Request::Cancel,
    };
    let told: Applied = Client::ask(run_dir, &request)?.answer_within(LONG)?;
    print(&said(&request, &told).join("\n"))?;
    Ok(Exit::Fine)
}

fn read(file: &Path, args: &cli::Try) -> Result<Try, PolicyError> {
    let wrong = |source| PolicyError::Unreadable {
        path: file.to_owned(),
        source,
    };
    let text = fs::read_to_string(file).map_err(wrong)?;
    let path: PathBuf = std::path::absolute(file).map_err(wrong)?;
    let seconds = u64::try_from(args.span.as_secs()).unwrap_or(0);
    Ok(Try {
        path,
        text,
        seconds,
    })
}

fn said(request: &Request, told: &Applied) -> Vec<String> {
    let mut all = vec![told.summary.clone()];
    let policy = told.policy.as_deref().unwrap_or("built in");
    match request {
        Request::Confirm => {
            all.push(format!("{} stays", quoted(policy)));
            all.push(format!(
                "until the policy is read again or the agent starts anew: then {} counts",
                quoted(&told.home)
            ));
            if policy != told.home {
                let (from, to) = (quoted(policy), quoted(&told.home));
                all.push(format!("copy it:      cp -- {from} {to}"));
            }
        }
        _ => all.extend(applied::lines(told)),
    }
    if let Some(trial) = &told.trial {
        all.push(format!("on trial    {}", applied::on_trial(trial)));
        all.push("keep it:      bulkhead try --confirm".to_owned());
        all.push("take it back: bulkhead try --cancel".to_owned());
    }
    all
}

/// As a shell takes it. A name that could steer a terminal is shown escaped instead.
fn quoted(path: &str) -> String {
    let shown = crate::output::escape(path);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if shown.chars().all(is_plain) {
        shown
    } else {
        format!("'{}'", shown.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Change;

    fn told() -> Applied {
        Applied {
            summary: "enforcing (14 hooks)".into(),
            policy: Some("/root/my new.toml".into()),
            home: "/etc/bulkhead/policy.toml".into(),
            change: Change::default(),
            trial: None,
        }
    }

    #[test]
    fn who_confirms_is_told_how_to_keep_it_for_good() {
        assert_eq!(
            said(&Request::Confirm, &told()),
            [
                "enforcing (14 hooks)",
                "'/root/my new.toml' stays",
                "until the policy is read again or the agent starts anew: then \
                 /etc/bulkhead/policy.toml counts",
                "copy it:      cp -- '/root/my new.toml' /etc/bulkhead/policy.toml",
            ]
        );
        let mut same = told();
        same.policy = Some(same.home.clone());
        assert_eq!(said(&Request::Confirm, &same).len(), 3);
    }

    #[test]
    fn names_are_quoted_for_a_shell() {
        assert_eq!(quoted("/a/b.toml"), "/a/b.toml");
        assert_eq!(quoted("/a/$(x)"), "'/a/$(x)'");
        assert_eq!(quoted("/a/it's"), "'/a/it'\\''s'");
    }
}
