//! Files and sockets: the fruits of an escape.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use super::{Done, take};

/// At most this much of a file is taken as evidence.
const EVIDENCE: u64 = 64 * 1024;

pub(super) fn read(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(EVIDENCE)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn readlink(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    Ok(nix::fcntl::readlink(path)?.to_string_lossy().into_owned())
}

/// Asks the HTTP server behind a UNIX socket for a page, as `docker` does.
pub(super) fn http_get(args: &[&str]) -> Done {
    let [socket, page] = take(args, "SOCKET PAGE")?;
    let mut stream = UnixStream::connect(socket)?;
    write!(stream, "GET {page} HTTP/1.0\r\nHost: docker\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(EVIDENCE).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
