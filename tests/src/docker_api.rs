//! Docker without its command line, which takes an emulated machine longer than its daemon does.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use anyhow::{Context, Result};

const SOCKET: &str = "/run/docker.sock";

/// What the daemon answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// One request with a JSON body, which may be empty.
///
/// # Errors
/// If the daemon does not answer.
pub fn ask(method: &str, path: &str, body: &str) -> Result<Answer> {
    let mut stream = UnixStream::connect(SOCKET).context(SOCKET)?;
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split_whitespace().nth(1);
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(Answer {
        status: status
            .and_then(|status| status.parse().ok())
            .with_context(|| format!("no status in {answer:?}"))?,
        body: body.to_owned(),
    })
}
