//! Files of a whole filesystem, as they are used by others.

use std::{fs::File, io::Read};

use nix::{
    errno::Errno,
    sys::fanotify::{EventFFlags, Fanotify, InitFlags, MarkFlags, MaskFlags},
};
use rustix::io::dup;

use super::{Done, take};
use crate::gift;

/// Watches the filesystem of a directory, has a host process open a file on it, and reads that
/// by the descriptor that comes with the event.
pub(super) fn watch(args: &[&str]) -> Done {
    let [dir, socket, path] = take(args, "DIR SOCKET PATH")?;
    let group = Fanotify::init(InitFlags::FAN_CLOEXEC, EventFFlags::O_RDONLY)?;
    let marks = MarkFlags::FAN_MARK_ADD | MarkFlags::FAN_MARK_FILESYSTEM;
    group.mark(marks, MaskFlags::FAN_OPEN, File::open("/")?, Some(dir))?;
    // What comes back may be kept back: it is not what this is about.
    let passed = gift::ask(socket, path);
    drop(passed);
    let mut content = String::new();
    for event in group.read_events()? {
        let file = File::from(dup(event.fd().ok_or(Errno::EPERM)?)?);
        // Others open programs and logs meanwhile, which is not text.
        let _ = file.take(64).read_to_string(&mut content);
    }
    Ok(content)
}
