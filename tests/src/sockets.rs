//! Sockets of host daemons, as containers on the host's network find them.

use std::{
    fs,
    io::Write,
    os::{
        fd::{AsFd, OwnedFd},
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram, UnixListener},
    },
    path::Path,
    thread,
};

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept, bind, listen, socket_with,
};

use crate::host::SECRET;

/// An abstract name like that of `containerd`'s shims (CVE-2020-15257).
pub const STREAM: &str = "bulkhead-shim";
pub const SEQUENCED: &str = "bulkhead-sequenced";
pub const DATAGRAM: &str = "bulkhead-datagram";
/// A datagram socket with a path, like that of `systemd-journald`.
pub const JOURNAL: &str = "/run/bulkhead-journal";

/// Listens at all of these, in threads that live as long as the process.
///
/// # Errors
/// If a socket cannot be made.
pub fn serve() -> std::io::Result<()> {
    let streams = UnixListener::bind_addr(&SocketAddr::from_abstract_name(STREAM)?)?;
    thread::spawn(move || {
        for mut stream in streams.incoming().flatten() {
            // Who does not read gets nothing.
            let _ = stream.write_all(SECRET.as_bytes());
        }
    });
    let sequenced = unix(SocketType::SEQPACKET)?;
    let address = SocketAddrUnix::new_abstract_name(SEQUENCED.as_bytes())?;
    bind(&sequenced, &address)?;
    listen(&sequenced, 16)?;
    thread::spawn(move || while accept(sequenced.as_fd()).is_ok() {});
    read_all(UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(
        DATAGRAM,
    )?)?);
    if Path::new(JOURNAL).exists() {
        fs::remove_file(JOURNAL)?;
    }
    read_all(UnixDatagram::bind(JOURNAL)?);
    Ok(())
}

fn read_all(socket: UnixDatagram) {
    thread::spawn(move || {
        let mut bytes = [0; 64];
        while socket.recv(&mut bytes).is_ok() {}
    });
}

/// A socket address: a path, or an abstract name after `@`.
///
/// # Errors
/// If it is too long.
pub fn address(name: &str) -> rustix::io::Result<SocketAddrUnix> {
    match name.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes()),
        None => SocketAddrUnix::new(name),
    }
}

/// A socket of the UNIX family.
///
/// # Errors
/// What the kernel answers.
pub fn unix(kind: SocketType) -> rustix::io::Result<OwnedFd> {
    socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)
}
