//! `bulkhead explain`: what would happen to this container, and why.

use std::{
    env,
    io::{self, Write, stdout},
    path::Path,
};

use crate::{
    cli::{self, ExplainForm},
    exit::Exit,
    explain::{self, Answer, Asked, ExplainError, Host, Verdict},
    output, policy,
};

pub fn explain(args: &cli::Explain) -> anyhow::Result<Exit> {
    let host = Host::read(Path::new("/"));
    let policy = policy::load(args.policy.as_deref(), host.root())?;
    let answers: Vec<Answer> = asked(args, &host)?
        .into_iter()
        .map(|asked| explain::answer(&policy, asked, &host))
        .collect();
    match print(args.output, &answers) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(e.into()),
        _ => {}
    }
    let refused = answers
        .iter()
        .any(|answer| answer.verdict == Verdict::Refused);
    Ok(if refused { Exit::Policy } else { Exit::Fine })
}

fn asked(args: &cli::Explain, host: &Host) -> Result<Vec<Asked>, ExplainError> {
    if let Some(bundle) = &args.bundle {
        return Ok(vec![explain::bundle(bundle, host)?]);
    }
    if let Some(pod) = &args.pod {
        return explain::pod(pod);
    }
    if let Some(container) = &args.container {
        return Ok(vec![explain::running(container, host)?]);
    }
    let directory = env::current_dir().unwrap_or_else(|_| "/".into());
    Ok(vec![explain::command(&args.command, &directory, host)?])
}

fn print(form: ExplainForm, answers: &[Answer]) -> io::Result<()> {
    let mut out = stdout().lock();
    for answer in answers {
        match form {
            ExplainForm::Text => write!(out, "{answer}")?,
            ExplainForm::Json => writeln!(out, "{}", output::json(answer))?,
        }
    }
    out.flush()
}
