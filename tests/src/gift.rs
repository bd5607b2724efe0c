//! Descriptors that a careless host process gives to whoever asks: namespaces and mount objects.
//!
//! They let an attack arrive at the call in question without any of the steps before it.

use std::{
    fs::File,
    io::{BufRead, BufReader, IoSlice, IoSliceMut, Write},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
    thread,
};

use rustix::{
    fs::CWD,
    io::Errno,
    mount::{
        FsOpenFlags, FsPickFlags, OpenTreeFlags, fsconfig_set_string, fsopen, fspick, open_tree,
    },
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

/// A detached clone of the host's root.
pub const TREE: &str = "tree";
/// A tmpfs that is configured but not created.
pub const CONTEXT: &str = "context";
/// A tmpfs of the host, picked for reconfiguration.
pub const PICKED: &str = "picked";

/// Where on the host a tmpfs is mounted for [`PICKED`].
pub const TMPFS: &str = "/mnt";

/// Asks for a descriptor: one of the constants above, or the kind of a namespace.
///
/// # Errors
/// What the kernel answers; `EBADMSG` if nothing was given.
pub fn ask(socket: &str, what: &str) -> std::io::Result<OwnedFd> {
    let mut stream = UnixStream::connect(socket)?;
    writeln!(stream, "{what}")?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        &stream,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let given = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    given.ok_or_else(|| Errno::BADMSG.into())
}

/// Starts giving, in a thread that lives as long as the process.
///
/// # Errors
/// If the socket cannot be made.
pub fn give_at(socket: &Path) -> std::io::Result<()> {
    let listener = UnixListener::bind(socket)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = give(&stream) {
                eprintln!("gift: {error}");
            }
        }
    });
    Ok(())
}

fn give(stream: &UnixStream) -> std::io::Result<()> {
    let mut what = String::new();
    BufReader::new(stream).read_line(&mut what)?;
    let gift = gift(what.trim())?;
    let descriptors = [gift.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(
        stream,
        &[IoSlice::new(b"!")],
        &mut control,
        SendFlags::empty(),
    )?;
    Ok(())
}

fn gift(what: &str) -> std::io::Result<OwnedFd> {
    Ok(match what {
        TREE => open_tree(CWD, "/", OpenTreeFlags::OPEN_TREE_CLONE)?,
        CONTEXT => {
            let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
            fsconfig_set_string(&context, "source", "none")?;
            context
        }
        PICKED => fspick(CWD, TMPFS, FsPickFlags::FSPICK_CLOEXEC)?,
        kind => File::open(format!("/proc/self/ns/{kind}"))?.into(),
    })
}
