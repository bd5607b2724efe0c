//! The command line's end of the socket. It only waits for one thing at a time, so it blocks.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use serde::de::DeserializeOwned;

use super::{NAME, Refused, Request, SocketError, answer::exit_of};

/// How long the agent may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same where it looks at files first, which may be on a server that is away.
pub const LONG: Duration = Duration::from_secs(60);

pub struct Client {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Client {
    /// Connects and asks.
    ///
    /// # Errors
    /// [`SocketError::NoAgent`] if nobody listens.
    pub fn ask(folder: &Path, request: &Request) -> Result<Self, SocketError> {
        let path = folder.join(NAME);
        let mut stream = UnixStream::connect(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => SocketError::NoAgent,
            _ => SocketError::Connect { path, source },
        })?;
        let mut text = serde_json::to_string(request).map_err(SocketError::Answer)?;
        text.push('\n');
        stream
            .write_all(text.as_bytes())
            .map_err(SocketError::Talk)?;
        let reader = BufReader::new(stream.try_clone().map_err(SocketError::Talk)?);
        Ok(Self { stream, reader })
    }

    /// The first line of an answer, which must come soon; later ones may take their time.
    pub fn answer<T: DeserializeOwned>(&mut self) -> Result<T, SocketError> {
        self.answer_within(PATIENCE)
    }

    /// The same, but "soon" is this long.
    pub fn answer_within<T: DeserializeOwned>(
        &mut self,
        patience: Duration,
    ) -> Result<T, SocketError> {
        self.stream
            .set_read_timeout(Some(patience))
            .map_err(SocketError::Talk)?;
        let ended = || SocketError::Talk(io::ErrorKind::UnexpectedEof.into());
        let line = self.line().map_err(silent)?.ok_or_else(ended)?;
        self.stream
            .set_read_timeout(None)
            .map_err(SocketError::Talk)?;
        if let Ok(Refused { error, exit, hint }) = serde_json::from_str(&line) {
            return Err(match exit {
                Some(code) => SocketError::Failed(error, exit_of(code), hint),
                None => SocketError::Refused(error),
            });
        }
        serde_json::from_str(&line).map_err(SocketError::Answer)
    }

    /// The next line; `None` at the end. Half a line is the end too: the agent was killed.
    pub fn line(&mut self) -> Result<Option<String>, SocketError> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(_) => Ok(line.ends_with('\n').then_some(line)),
            Err(e) => Err(SocketError::Talk(e)),
        }
    }
}

/// A time that is over is no errno to show.
fn silent(error: SocketError) -> SocketError {
    match error {
        SocketError::Talk(e)
            if matches!(
                e.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            SocketError::Silent
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_over_shows_no_errno() {
        let lost = |kind: io::ErrorKind| silent(SocketError::Talk(kind.into()));
        assert!(matches!(
            lost(io::ErrorKind::WouldBlock),
            SocketError::Silent
        ));
        assert!(matches!(
            lost(io::ErrorKind::BrokenPipe),
            SocketError::Talk(_)
        ));
    }
}
