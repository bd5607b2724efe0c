//! Calls that have no wrapper in a crate, by name, on top of [`crate::raw`].

use std::os::fd::OwnedFd;

use crate::raw::{
    Call, Entry,
    Word::{Bytes, Number, Text},
    call, open,
};

const AT_FDCWD: i64 = libc::AT_FDCWD as i64;

/// `mount(2)` of a filesystem through the 32-bit entry of a 64-bit kernel.
///
/// # Errors
/// What the kernel answers; `ENOSYS` where there is no such entry.
pub fn mount_32(source: &str, target: &str, kind: &str) -> nix::Result<()> {
    let words = [Text(source), Text(target), Text(kind)];
    call(Entry::Compat, Call::Mount, &words).map(drop)
}

/// `setns(2)` through the 32-bit entry, where it has another number.
///
/// # Errors
/// What the kernel answers; `ENOSYS` where there is no such entry.
pub fn setns_32(namespace: &OwnedFd, kind: u32) -> nix::Result<()> {
    let words = [namespace.into(), Number(kind.into())];
    call(Entry::Compat, Call::Setns, &words).map(drop)
}

/// `clone(2)` of a child in a new user namespace, which ends at once.
///
/// # Errors
/// What the kernel answers.
pub fn clone_in_new_user_namespace() -> nix::Result<()> {
    let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
    match call(Entry::Native, Call::Clone, &[Number(flags.into())])? {
        0 => std::process::exit(0),
        _ => Ok(()),
    }
}

/// `mount_setattr(2)`: makes the mount at `path` read-only.
///
/// # Errors
/// What the kernel answers.
pub fn make_read_only(path: &str) -> nix::Result<()> {
    let attributes = read_only();
    let words = [
        Number(AT_FDCWD),
        Text(path),
        Number(0),
        Bytes(&attributes),
        length(&attributes),
    ];
    call(Entry::Native, Call::MountSetattr, &words).map(drop)
}

/// `open_tree_attr(2)`, since 6.15: a read-only clone of the mount at `path`.
///
/// # Errors
/// What the kernel answers.
pub fn open_tree_attr(path: &str) -> nix::Result<OwnedFd> {
    const OPEN_TREE_CLONE: i64 = 1;
    let attributes = read_only();
    let words = [
        Number(AT_FDCWD),
        Text(path),
        Number(OPEN_TREE_CLONE),
        Bytes(&attributes),
        length(&attributes),
    ];
    open(Entry::Native, Call::OpenTreeAttr, &words)
}

/// `ioctl(NS_MNT_GET_PREV)`, since 6.12: the mount namespace made before this one.
///
/// # Errors
/// What the kernel answers; `ENOENT` at the first of all.
pub fn previous_mount_namespace(namespace: &OwnedFd) -> nix::Result<OwnedFd> {
    // The size of the structure is in the request.
    let request = libc::_IOR::<[u64; 2]>(0xb7, 12);
    let words = [
        namespace.into(),
        Number(i64::try_from(request).unwrap_or_default()),
        Bytes(&[0; 16]),
    ];
    open(Entry::Native, Call::Ioctl, &words)
}

/// An `ioctl` that takes no argument and makes a descriptor.
///
/// # Errors
/// What the kernel answers.
pub fn ioctl_open(file: &OwnedFd, request: u32) -> nix::Result<OwnedFd> {
    let words = [file.into(), Number(request.into()), Number(0)];
    open(Entry::Native, Call::Ioctl, &words)
}

/// An `ioctl` that reads one byte.
///
/// # Errors
/// What the kernel answers.
pub fn ioctl_byte(entry: Entry, file: &OwnedFd, request: u32, byte: u8) -> nix::Result<()> {
    let words = [file.into(), Number(request.into()), Bytes(&[byte])];
    call(entry, Call::Ioctl, &words).map(drop)
}

/// An `ioctl` that reads some bytes.
///
/// # Errors
/// What the kernel answers.
pub fn ioctl_bytes(file: &OwnedFd, request: u32, bytes: &[u8]) -> nix::Result<()> {
    let words = [file.into(), Number(request.into()), Bytes(bytes)];
    call(Entry::Native, Call::Ioctl, &words).map(drop)
}

/// An `ioctl` with a number where others have an address, such as a command to a filesystem.
///
/// # Errors
/// What the kernel answers.
pub fn ioctl_number(file: &OwnedFd, request: u32, number: i64) -> nix::Result<()> {
    let words = [file.into(), Number(request.into()), Number(number)];
    call(Entry::Native, Call::Ioctl, &words).map(drop)
}

/// An `ioctl` that reads a process id.
///
/// # Errors
/// What the kernel answers.
pub fn ioctl_pid(file: &OwnedFd, request: u32, pid: i32) -> nix::Result<()> {
    let bytes = pid.to_ne_bytes();
    let words = [file.into(), Number(request.into()), Bytes(&bytes)];
    call(Entry::Native, Call::Ioctl, &words).map(drop)
}

/// `fcntl(F_SETOWN)`: who gets the signals of a file.
///
/// # Errors
/// What the kernel answers.
pub fn set_owner(entry: Entry, file: &OwnedFd, pid: i32) -> nix::Result<()> {
    const F_SETOWN: i64 = 8;
    let words = [file.into(), Number(F_SETOWN), Number(pid.into())];
    call(entry, Call::Fcntl, &words).map(drop)
}

/// `swapon(2)`, and at once `swapoff(2)`.
///
/// # Errors
/// What the kernel answers.
pub fn swap_on_and_off(path: &str) -> nix::Result<()> {
    call(Entry::Native, Call::Swapon, &[Text(path), Number(0)])?;
    call(Entry::Native, Call::Swapoff, &[Text(path)]).map(drop)
}

/// `request_key(2)` of a key that nobody has.
///
/// # Errors
/// What the kernel answers: `ENOKEY` where a helper was asked and has none.
pub fn request_key() -> nix::Result<()> {
    let words = [Text("user"), Text("bulkhead"), Text("wanted"), Number(0)];
    call(Entry::Native, Call::RequestKey, &words).map(drop)
}

/// `syslog(2)` with `SYSLOG_ACTION_CONSOLE_ON`.
///
/// # Errors
/// What the kernel answers.
pub fn console_on() -> nix::Result<()> {
    const CONSOLE_ON: i64 = 7;
    let words = [Number(CONSOLE_ON), Number(0), Number(0)];
    call(Entry::Native, Call::Syslog, &words).map(drop)
}

/// `mq_open(2)` of a new queue, and `mq_unlink(2)`.
///
/// # Errors
/// What the kernel answers.
pub fn message_queue(name: &str) -> nix::Result<()> {
    const MODE: i64 = 0o600;
    let flags = libc::O_CREAT | libc::O_RDWR;
    let words = [Text(name), Number(flags.into()), Number(MODE), Number(0)];
    open(Entry::Native, Call::MqOpen, &words)?;
    call(Entry::Native, Call::MqUnlink, &[Text(name)]).map(drop)
}

/// `kcmp(2)`: whether two processes share their memory.
///
/// # Errors
/// What the kernel answers.
pub fn compare_memory(pid: i32, other: i32) -> nix::Result<()> {
    const KCMP_VM: i64 = 1;
    let words = [
        Number(pid.into()),
        Number(other.into()),
        Number(KCMP_VM),
        Number(0),
        Number(0),
    ];
    call(Entry::Native, Call::Kcmp, &words).map(drop)
}

/// `ioprio_set(2)`: no priority of its own for a process, which is what it has.
///
/// # Errors
/// What the kernel answers.
pub fn keep_io_priority(pid: i32) -> nix::Result<()> {
    const IOPRIO_WHO_PROCESS: i64 = 1;
    let words = [Number(IOPRIO_WHO_PROCESS), Number(pid.into()), Number(0)];
    call(Entry::Native, Call::IoprioSet, &words).map(drop)
}

/// `socket(2)` of any family.
///
/// # Errors
/// What the kernel answers.
pub fn socket(entry: Entry, family: i32, kind: i32) -> nix::Result<OwnedFd> {
    let words = [Number(family.into()), Number(kind.into()), Number(0)];
    open(entry, Call::Socket, &words)
}

/// `connect(2)` to a UNIX socket by its path.
///
/// # Errors
/// What the kernel answers; `ENAMETOOLONG` for a path that is.
pub fn connect(entry: Entry, socket: &OwnedFd, path: &str) -> nix::Result<()> {
    let address = unix_address(path);
    let words = [socket.into(), Bytes(&address), length(&address)];
    call(entry, Call::Connect, &words).map(drop)
}

/// A `struct sockaddr_un` with a path.
#[must_use]
pub fn unix_address(path: &str) -> Vec<u8> {
    const AF_UNIX: [u8; 2] = 1_u16.to_ne_bytes();
    [&AF_UNIX[..], path.as_bytes(), &[0]].concat()
}

/// `openat(2)` for writing.
///
/// # Errors
/// What the kernel answers.
pub fn open_for_writing(entry: Entry, path: &str) -> nix::Result<OwnedFd> {
    let words = [Number(AT_FDCWD), Text(path), Number(libc::O_WRONLY.into())];
    open(entry, Call::Openat, &words)
}

/// `open_by_handle_at(2)`: a directory or file by what the filesystem calls it.
///
/// # Errors
/// What the kernel answers.
pub fn open_by_handle(entry: Entry, mount: i32, kind: u32, handle: &[u8]) -> nix::Result<OwnedFd> {
    let length = u32::try_from(handle.len()).unwrap_or_default();
    let header = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    let handle = [&header[..], handle].concat();
    let words = [
        Number(mount.into()),
        Bytes(&handle),
        Number(libc::O_RDONLY.into()),
    ];
    open(entry, Call::OpenByHandleAt, &words)
}

fn read_only() -> [u8; 32] {
    const MOUNT_ATTR_RDONLY: u8 = 1;
    let mut attributes = [0; 32];
    attributes[0] = MOUNT_ATTR_RDONLY;
    attributes
}

fn length(bytes: &[u8]) -> crate::raw::Word<'static> {
    Number(i64::try_from(bytes.len()).unwrap_or_default())
}
