//! Who decides where a path leads.
//!
//! An anchor opens what lies below it, so whoever can put a link or another directory in its way
//! chooses what containers may mount. Everything on the way must be root's.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Component, Path, PathBuf},
};

/// As many as the kernel follows.
const LINKS: u32 = 40;
const STICKY: u32 = 0o1000;
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;

/// The first directory or link on the way to `path` that others than root can change, of those whom
/// `host`, the host's root folder, does not belong to.
///
/// # Errors
/// If something on the way cannot be looked at.
pub fn weak_point(path: &Path, host: &Path) -> io::Result<Option<PathBuf>> {
    let owner = fs::metadata(host)?;
    let is_roots = |meta: &Metadata| [0, owner.uid()].contains(&meta.uid());
    let is_closed = |meta: &Metadata| {
        let by_group = meta.mode() & GROUP != 0 && ![0, owner.gid()].contains(&meta.gid());
        is_roots(meta) && (meta.mode() & STICKY != 0 || meta.mode() & OTHERS == 0 && !by_group)
    };
    let mut ahead = names(path);
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    while let Some(name) = ahead.pop_front() {
        let inside = fs::metadata(&at)?;
        let next = at.join(&name);
        let meta = fs::symlink_metadata(&next)?;
        if !is_closed(&inside) {
            return Ok(Some(at));
        }
        // In a directory like `/tmp` everybody has what they made themselves.
        if !is_roots(&meta) && (meta.is_symlink() || inside.mode() & STICKY != 0) {
            return Ok(Some(next));
        }
        if name == ".." {
            at.pop();
        } else if meta.is_symlink() {
            links += 1;
            if links > LINKS {
                return Err(nix::Error::ELOOP.into());
            }
            let to = fs::read_link(&next)?;
            if to.is_absolute() {
                at = "/".into();
            }
            for name in names(&to).into_iter().rev() {
                ahead.push_front(name);
            }
        } else {
            at = next;
        }
    }
    Ok(None)
}

fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_way_that_is_roots_alone() {
        let host = tempfile::tempdir().unwrap();
        let data = host.path().join("data/docker");
        fs::create_dir_all(data.join("volumes")).unwrap();
        mode(&data.join("volumes"), 0o777);
        let link = host.path().join("link");
        symlink("data/../data/docker", &link).unwrap();
        for path in [data.join("volumes"), link.join("volumes")] {
            assert_eq!(weak_point(&path, host.path()).unwrap(), None);
        }
    }

    #[test]
    fn what_others_can_put_in_the_way() {
        let host = tempfile::tempdir().unwrap();
        let open = host.path().join("open");
        fs::create_dir_all(open.join("docker/volumes")).unwrap();
        let link = host.path().join("link");
        symlink(open.join("docker"), &link).unwrap();
        mode(&open, 0o777);
        for path in [open.join("docker/volumes"), link.join("volumes")] {
            let weak = weak_point(&path, host.path()).unwrap();
            assert_eq!(weak.as_deref(), Some(&*open));
        }
        mode(&open, 0o1777);
        let weak = weak_point(&open.join("docker/volumes"), host.path()).unwrap();
        assert_eq!(weak, None, "nobody can move root's directory away");
    }

    #[test]
    fn a_ring_of_links_ends() {
        let host = tempfile::tempdir().unwrap();
        symlink("b", host.path().join("a")).unwrap();
        symlink("a", host.path().join("b")).unwrap();
        assert!(weak_point(&host.path().join("a/x"), host.path()).is_err());
    }
}
