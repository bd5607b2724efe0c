//! Descriptors that a careless host process gives to whoever asks: namespaces, mounts, files.
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
        FsMountFlags, FsOpenFlags, FsPickFlags, MountAttrFlags, OpenTreeFlags, fsconfig_create,
        fsconfig_set_string, fsmount, fsopen, fspick, open_tree,
    },
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

/// A detached clone of the host's root.
pub const TREE: &str = "tree";
/// A tmpfs that is configured but not created.
pub const CONTEXT: &str = "context";
/// A tmpfs of the host, picked for reconfiguration.
pub const PICKED: &str = "picked";

/// A mounted tmpfs that is attached nowhere.
pub const DETACHED: &str = "detached";
/// The host's root directory.
pub const ROOT: &str = "root";
/// A socket of the host's network namespace.
pub const SOCKET: &str = "socket";
/// A namespace of the host's: `ns/net`.
const NAMESPACE: &str = "ns/";

/// Where on the host a tmpfs is mounted for [`PICKED`].
pub const TMPFS: &str = "/mnt";

/// Asks for a namespace of the host's.
///
/// # Errors
/// As [`ask`].
pub fn ask_namespace(socket: &str, kind: &str) -> std::io::Result<OwnedFd> {
    ask(socket, &format!("{NAMESPACE}{kind}"))
}

/// Asks for a descriptor: one of the constants above, or the path of a file to read.
///
/// # Errors
/// What the kernel answers; `EPERM` if it kept back what was given, `EBADMSG` if nothing was.
pub fn ask(socket: &str, what: &str) -> std::io::Result<OwnedFd> {
    let mut stream = UnixStream::connect(socket)?;
    writeln!(stream, "{what}")?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let received = recvmsg(
        &stream,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let given = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    // The kernel has no errno for a descriptor that it does not hand over.
    let kept_back = received.flags.contains(ReturnFlags::CTRUNC);
    let why = if kept_back {
        Errno::PERM
    } else {
        Errno::BADMSG
    };
    given.ok_or_else(|| why.into())
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
        DETACHED => {
            let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
            fsconfig_create(&context)?;
            let flags = FsMountFlags::FSMOUNT_CLOEXEC;
            fsmount(&context, flags, MountAttrFlags::empty())?
        }
        ROOT => File::open("/")?.into(),
        SOCKET => UnixStream::pair()?.0.into(),
        what => match what.strip_prefix(NAMESPACE) {
            Some(kind) => File::open(format!("/proc/self/ns/{kind}"))?.into(),
            None => File::open(what)?.into(),
        },
    })
}
