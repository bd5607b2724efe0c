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

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub struct Way {
    /// Without links, as far as they are followed.
    pub to: PathBuf,
    /// The first directory or link on the way that others than root can change.
    pub weak: Option<PathBuf>,
    /// The first link that others may have put there: it is not followed.
    pub link: Option<PathBuf>,
}

/// Goes the way to `path`. Others than root are those whom `host`, the host's root folder, does not
/// belong to.
///
/// # Errors
/// If something on the way cannot be looked at.
pub fn way(path: &Path, host: &Path) -> io::Result<Way> {
    let owner = fs::metadata(host)?;
    let is_roots = |meta: &Metadata| [0, owner.uid()].contains(&meta.uid());
    let is_closed = |meta: &Metadata| {
        let by_group = meta.mode() & GROUP != 0 && ![0, owner.gid()].contains(&meta.gid());
        is_roots(meta) && (meta.mode() & STICKY != 0 || meta.mode() & OTHERS == 0 && !by_group)
    };
    let mut ahead = names(path);
    let (mut at, mut links, mut weak) = (PathBuf::from("/"), 0, None);
    while let Some(name) = ahead.pop_front() {
        let inside = fs::metadata(&at)?;
        let next = at.join(&name);
        let meta = fs::symlink_metadata(&next)?;
        if !is_closed(&inside) {
            weak.get_or_insert_with(|| at.clone());
        }
        // In a directory like `/tmp` everybody has what they made themselves.
        if !is_roots(&meta) && (meta.is_symlink() || inside.mode() & STICKY != 0) {
            weak.get_or_insert_with(|| next.clone());
        }
        if weak.is_some() && meta.is_symlink() {
            let link = Some(next);
            return Ok(Way { to: at, weak, link });
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
    let link = None;
    Ok(Way { to: at, weak, link })
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
            let found = way(&path, host.path()).unwrap();
            let to = data.join("volumes");
            let (weak, link) = (None, None);
            assert_eq!(found, Way { to, weak, link });
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
            let found = way(&path, host.path()).unwrap();
            assert_eq!(found.weak.as_deref(), Some(&*open));
            assert_eq!(found.link, None, "the link before it is root's");
        }
        mode(&open, 0o1777);
        let found = way(&open.join("docker/volumes"), host.path()).unwrap();
        assert_eq!(found.weak, None, "nobody can move root's directory away");
        mode(&open, 0o777);
        symlink("/", open.join("out")).unwrap();
        let found = way(&open.join("out/etc"), host.path()).unwrap();
        assert_eq!(found.link, Some(open.join("out")));
    }

    #[test]
    fn a_ring_of_links_ends() {
        let host = tempfile::tempdir().unwrap();
        symlink("b", host.path().join("a")).unwrap();
        symlink("a", host.path().join("b")).unwrap();
        assert!(way(&host.path().join("a/x"), host.path()).is_err());
    }
}
