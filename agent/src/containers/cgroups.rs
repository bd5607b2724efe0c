//! cgroup id → path, and path → container id.

use std::{
    fs,
    os::unix::fs::DirEntryExt,
    path::{Path, PathBuf},
};

/// Directories looked at in one search, so that a host full of cgroups costs a bounded time.
const BOUND: usize = 50_000;
const HIERARCHY: &str = "sys/fs/cgroup";

/// Path below the hierarchy's root of the cgroup with this id, which is its directory's inode
/// number.
pub(super) fn path_of(root: &Path, cgroup: u64) -> Option<String> {
    let hierarchy = root.join(HIERARCHY);
    let mut open: Vec<PathBuf> = vec![hierarchy.clone()];
    let mut seen = 0;
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            if !entry.file_type().is_ok_and(|t| t.is_dir()) {
                continue;
            }
            if entry.ino() == cgroup {
                let path = entry.path();
                let below = path.strip_prefix(&hierarchy).ok()?;
                return Some(format!("/{}", below.display()));
            }
            seen += 1;
            if seen == BOUND {
                return None;
            }
            open.push(entry.path());
        }
    }
    None
}

/// The outermost container id in a cgroup's path: what is nested belongs to the container around it.
pub(super) fn id_in(path: &str) -> Option<&str> {
    ids_in(path).next()
}

/// What looks like a container's id in a cgroup's path, outermost first; a pod's does too.
pub(super) fn ids_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter(|name| !name.contains("conmon"))
        .flat_map(|name| name.split(|c: char| !c.is_ascii_hexdigit() || c.is_ascii_uppercase()))
        .filter(|run| run.len() == 64)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_cgroup_is_found_by_its_inode() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("sys/fs/cgroup/system.slice/x.scope");
        fs::create_dir_all(&dir).unwrap();
        let ino = fs::metadata(&dir).unwrap().ino();
        assert_eq!(
            path_of(root.path(), ino).as_deref(),
            Some("/system.slice/x.scope")
        );
        assert_eq!(path_of(root.path(), 1), None);
    }

    #[test]
    fn the_outermost_id_counts() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let check = |path: String, id: Option<&str>| assert_eq!(id_in(&path), id, "{path}");
        check(format!("/system.slice/docker-{a}.scope"), Some(&a));
        check(format!("/docker/{a}/docker/{b}"), Some(&a));
        check(
            format!("/machine.slice/libpod-{a}.scope/container"),
            Some(&a),
        );
        check(format!("/machine.slice/libpod-conmon-{a}.scope"), None);
        check(format!("/x/{a}a"), None);
        check("/user.slice/mycontainer".to_owned(), None);
    }
}
