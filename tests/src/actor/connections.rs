//! Sockets of others, and of one's own.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use rustix::net::{
    RecvFlags, SendFlags, SocketType, accept, bind, connect as connect_to, listen, recv, send,
    sendto,
};

use super::{Done, Failure, READY, files, number, take};
use crate::{
    calls,
    raw::Entry,
    sockets::{address, unix},
};

/// Asks the HTTP server behind a UNIX socket for a page, as `docker` does.
pub(super) fn http_get(args: &[&str]) -> Done {
    let [socket, page] = take(args, "SOCKET PAGE")?;
    let mut stream = UnixStream::connect(socket)?;
    write!(stream, "GET {page} HTTP/1.0\r\nHost: docker\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(files::EVIDENCE).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

pub(super) fn connect(args: &[&str]) -> Done {
    let [kind, name] = take(args, "KIND NAME")?;
    connect_to(unix(kind_of(kind)?)?, &address(name)?)?;
    Ok(String::new())
}

/// Takes what the server says to everybody.
pub(super) fn listen_to(args: &[&str]) -> Done {
    let [name] = take(args, "NAME")?;
    let socket = unix(SocketType::STREAM)?;
    connect_to(&socket, &address(name)?)?;
    let mut bytes = [0; 64];
    let (length, _) = recv(&socket, &mut bytes[..], RecvFlags::empty())?;
    Ok(String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned())
}

/// Through the 32-bit entry.
pub(super) fn connect_32(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    calls::connect(Entry::Compat, &unix(SocketType::STREAM)?, path)?;
    Ok(String::new())
}

/// A datagram without a connection.
pub(super) fn send_to(args: &[&str]) -> Done {
    let [name] = take(args, "NAME")?;
    let socket = unix(SocketType::DGRAM)?;
    sendto(&socket, b"hello", SendFlags::empty(), &address(name)?)?;
    Ok(String::new())
}

pub(super) fn socket(args: &[&str]) -> Done {
    let [family, kind] = take(args, "FAMILY TYPE")?;
    calls::socket(Entry::Native, number(family)?, number(kind)?)?;
    Ok(String::new())
}

pub(super) fn socket_32(args: &[&str]) -> Done {
    let [family, kind] = take(args, "FAMILY TYPE")?;
    calls::socket(Entry::Compat, number(family)?, number(kind)?)?;
    Ok(String::new())
}

/// A server and its client, both here, at a name.
pub(super) fn meet_oneself(args: &[&str]) -> Done {
    let [kind, name] = take(args, "KIND NAME")?;
    let (kind, name) = (kind_of(kind)?, address(name)?);
    let (server, client) = (unix(kind)?, unix(kind)?);
    bind(&server, &name)?;
    let mut bytes = [0; 8];
    if kind == SocketType::DGRAM {
        sendto(&client, b"hello", SendFlags::empty(), &name)?;
        recv(&server, &mut bytes[..], RecvFlags::empty())?;
    } else {
        listen(&server, 1)?;
        connect_to(&client, &name)?;
        let accepted = accept(&server)?;
        send(&client, b"hello", SendFlags::empty())?;
        recv(&accepted, &mut bytes[..], RecvFlags::empty())?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A server for one client, ready when it says so.
pub(super) fn listen_at(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let server = unix(SocketType::STREAM)?;
    bind(&server, &address(path)?)?;
    listen(&server, 1)?;
    println!("{READY}");
    accept(&server)?;
    Ok(String::new())
}

fn kind_of(name: &str) -> Result<SocketType, Failure> {
    Ok(match name {
        "stream" => SocketType::STREAM,
        "seqpacket" => SocketType::SEQPACKET,
        "dgram" => SocketType::DGRAM,
        other => return Err(Failure::Usage(format!("no socket is of kind {other}"))),
    })
}
