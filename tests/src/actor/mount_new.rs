//! The mount calls since 5.2, most of which no LSM hook but `capable` sees.

use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    mount::{
        self, FsMountFlags, FsOpenFlags, FsPickFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags,
    },
};

use super::{Done, mount_old::existing, take};
use crate::{calls, gift};

/// Since 7.0: the clone is mounted in a new mount namespace, and that is what comes back.
const OPEN_TREE_NAMESPACE: u32 = 1 << 1;

pub(super) fn open_tree(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    mount::open_tree(CWD, path, OpenTreeFlags::OPEN_TREE_CLONE)?;
    Ok(String::new())
}

/// Since 6.15: a clone with other attributes, in one call of a number of its own.
pub(super) fn open_tree_attr(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    calls::open_tree_attr(path)?;
    Ok(String::new())
}

pub(super) fn open_tree_namespace(args: &[&str]) -> Done {
    let [path] = take(args, "PATH")?;
    let flags = OpenTreeFlags::from_bits_retain(OPEN_TREE_NAMESPACE);
    mount::open_tree(CWD, path, flags)?;
    Ok(String::new())
}

/// Moves what is mounted at a path: no descriptor of a tree is needed before.
pub(super) fn move_mount(args: &[&str]) -> Done {
    let [source, target] = take(args, "SOURCE TARGET")?;
    existing(target)?;
    mount::move_mount(CWD, source, CWD, target, MoveMountFlags::empty())?;
    Ok(String::new())
}

/// What `mount --bind` does with new tools.
pub(super) fn move_mount_new(args: &[&str]) -> Done {
    let [source, target] = take(args, "SOURCE TARGET")?;
    existing(target)?;
    let tree = mount::open_tree(CWD, source, OpenTreeFlags::OPEN_TREE_CLONE)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    mount::move_mount(&tree, "", CWD, target, flags)?;
    Ok(String::new())
}

pub(super) fn fsopen(args: &[&str]) -> Done {
    let [kind] = take(args, "TYPE")?;
    mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    Ok(String::new())
}

/// Reads a file of a filesystem that is never attached anywhere.
pub(super) fn fsmount(args: &[&str]) -> Done {
    let [kind, source, file] = take(args, "TYPE SOURCE FILE")?;
    let context = mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    mount::fsconfig_set_string(&context, "source", source)?;
    mount::fsconfig_create(&context)?;
    let detached = mount::fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )?;
    let file = openat(&detached, file, OFlags::RDONLY, Mode::empty())?;
    let mut content = vec![0; 4096];
    let length = rustix::io::read(&file, &mut content[..])?;
    content.truncate(length);
    Ok(String::from_utf8_lossy(&content).into_owned())
}

pub(super) fn fspick(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    let context = mount::fspick(CWD, dir, FsPickFlags::FSPICK_CLOEXEC)?;
    mount::fsconfig_reconfigure(&context)?;
    Ok(String::new())
}

pub(super) fn mount_setattr(args: &[&str]) -> Done {
    let [dir] = take(args, "DIR")?;
    calls::make_read_only(dir)?;
    Ok(String::new())
}

/// Attaches a tree that a host process has cloned and passed.
pub(super) fn move_mount_received(args: &[&str]) -> Done {
    let [socket, target] = take(args, "SOCKET TARGET")?;
    existing(target)?;
    let tree = gift::ask(socket, gift::TREE)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    mount::move_mount(&tree, "", CWD, target, flags)?;
    Ok(String::new())
}

/// Creates the filesystem that a host process has begun to configure.
pub(super) fn create_received(args: &[&str]) -> Done {
    let [socket] = take(args, "SOCKET")?;
    mount::fsconfig_create(gift::ask(socket, gift::CONTEXT)?)?;
    Ok(String::new())
}

/// Reconfigures a filesystem that a host process has picked.
pub(super) fn reconfigure_received(args: &[&str]) -> Done {
    let [socket] = take(args, "SOCKET")?;
    mount::fsconfig_reconfigure(gift::ask(socket, gift::PICKED)?)?;
    Ok(String::new())
}

/// Reads in a tree that was passed, and is attached nowhere.
pub(super) fn read_in_received(args: &[&str]) -> Done {
    let [socket, what, path] = take(args, "SOCKET tree|detached PATH")?;
    let tree = gift::ask(socket, what)?;
    super::files::content(openat(tree, path, OFlags::RDONLY, Mode::empty())?.into())
}

/// The same with one that this process was started with.
pub(super) fn attach_inherited(args: &[&str]) -> Done {
    let [descriptor, target] = take(args, "FD TARGET")?;
    existing(target)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    mount::move_mount(&super::at::directory(descriptor)?, "", CWD, target, flags)?;
    Ok(String::new())
}

/// Gives a filesystem that is begun more options than it has room for (CVE-2022-0185), save one.
pub(super) fn fsconfig(args: &[&str]) -> Done {
    let [kind] = take(args, "TYPE")?;
    let context = mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    mount::fsconfig_set_string(&context, "source", "none")?;
    Ok(String::new())
}
