//! Container cgroups that were there before the probe.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use probe_common::{
    cgroup_name::{self, Name, PARENT, Parent},
    container::{BUILD, Container, ORDINARY, PROFILE_DEFAULT},
    limits,
};

/// Walks the cgroup tree below `root` and names every cgroup that belongs to a container, by the
/// same rules as `cgroup_mkdir`. Those next to the root come first, where the host's services have
/// theirs: users may make as many as they like in one that was given to them.
///
/// # Errors
/// If the root cannot be read. What is further down may have gone away meanwhile, or may be too deep.
pub fn containers(root: &Path, found: &mut dyn FnMut(u64, Container)) -> io::Result<()> {
    let mut left_out = 0;
    let mut waiting = VecDeque::from([(root.to_owned(), None)]);
    while let Some((dir, owner)) = waiting.pop_front() {
        match fs::read_dir(&dir) {
            Ok(entries) => look(&dir, owner, entries, &mut waiting, found),
            Err(error) if dir == root => return Err(error),
            Err(error) if gone(&error) => {}
            Err(_) => left_out += 1,
        }
    }
    if left_out > 0 {
        log::warn!("{left_out} cgroups cannot be read: containers in them are not known");
    }
    Ok(())
}

fn look(
    dir: &Path,
    owner: Option<Container>,
    entries: fs::ReadDir,
    waiting: &mut VecDeque<(PathBuf, Option<Container>)>,
    found: &mut dyn FnMut(u64, Container),
) {
    let above = dir.file_name().unwrap_or_default();
    for entry in entries.flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let Ok(meta) = entry.metadata() else { continue };
        let owner = owner_of(owner, recognise(&entry.file_name(), above, meta.ino()));
        if let Some(owner) = owner {
            found(meta.ino(), owner);
        }
        waiting.push_back((entry.path(), owner));
    }
}

/// What is below a container is its own. Only a container in what looks like one of BuildKit's is
/// another: `--cgroup-parent` says in which cgroup a container is, whatever that is called.
fn owner_of(above: Option<Container>, this: Option<Container>) -> Option<Container> {
    match (above, this) {
        (Some(above), Some(this)) if above.kind == BUILD => Some(Container {
            kind: ORDINARY,
            ..this
        }),
        (above, this) => above.or(this),
    }
}

fn gone(error: &io::Error) -> bool {
    const ENODEV: i32 = 19;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ENODEV)
}

fn recognise(name: &OsStr, above: &OsStr, cgroup: u64) -> Option<Container> {
    let bytes = name.as_bytes();
    let mut padded: Name = [0; limits::CGROUP_NAME];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let mut parent: Parent = [0; PARENT];
    for (to, from) in parent.iter_mut().take(PARENT - 1).zip(above.as_bytes()) {
        *to = *from;
    }
    let named = cgroup_name::container_id(&padded, bytes.len(), &parent)?;
    let mut ids = [[0; limits::ID]; 3];
    let [own, ..] = &mut ids;
    for (to, from) in own
        .iter_mut()
        .zip(bytes.get(named.start..named.start + named.len)?)
    {
        *to = *from;
    }
    Some(Container {
        ids,
        owner: cgroup,
        profile: PROFILE_DEFAULT,
        kind: named.kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_cgroups_belong_to_their_container() {
        let host = tempfile::tempdir().unwrap();
        let id = "ab".repeat(32);
        let scope = host.path().join(format!("system.slice/docker-{id}.scope"));
        fs::create_dir_all(scope.join("init/deep")).unwrap();
        fs::create_dir_all(host.path().join("user.slice/session-1.scope")).unwrap();
        let owner = fs::metadata(&scope).unwrap().ino();
        let mut seen = Vec::new();
        containers(host.path(), &mut |cgroup, container| {
            seen.push((cgroup, container))
        })
        .unwrap();
        assert_eq!(seen.len(), 3);
        assert!(
            seen.iter()
                .all(|(_, c)| c.owner == owner && c.ids[0] == id.as_bytes())
        );
        assert!(seen.iter().any(|(cgroup, _)| *cgroup == owner));
    }

    #[test]
    fn however_deep_somebody_goes_the_rest_is_found() {
        let host = tempfile::tempdir().unwrap();
        let id = "ab".repeat(32);
        fs::create_dir(host.path().join(format!("docker-{id}.scope"))).unwrap();
        let mut deep = fs::File::open(host.path()).unwrap();
        for _ in 0..600 {
            use nix::{fcntl, sys::stat};
            let name = "a-name-of-ten-more";
            stat::mkdirat(&deep, name, stat::Mode::S_IRWXU).unwrap();
            let flags = fcntl::OFlag::O_DIRECTORY;
            deep = fcntl::openat(&deep, name, flags, stat::Mode::empty())
                .unwrap()
                .into();
        }
        let mut seen = 0;
        containers(host.path(), &mut |_, _| seen += 1).unwrap();
        assert_eq!(seen, 1);
    }

    #[test]
    fn only_the_step_itself_is_a_build() {
        let host = tempfile::tempdir().unwrap();
        let id = "ab".repeat(32);
        let made = [
            ("docker/buildkit/kx2m9q0".into(), BUILD),
            ("docker/buildkit/kx2m9q0/deep".into(), BUILD),
            (format!("docker/buildkit/{id}"), ORDINARY),
            (format!("docker/{id}/buildkit/kx2m9q0"), ORDINARY),
            (format!("docker/buildkit/mine/{id}"), ORDINARY),
            (format!("docker/buildkit/mine/{id}/deep"), ORDINARY),
            ("docker/buildkit/mine/buildkit/x".into(), ORDINARY),
        ];
        for (path, _) in &made {
            fs::create_dir_all(host.path().join(path)).unwrap();
        }
        let mut seen = std::collections::HashMap::new();
        containers(host.path(), &mut |cgroup, container| {
            seen.insert(cgroup, container.kind);
        })
        .unwrap();
        for (path, kind) in made {
            let cgroup = fs::metadata(host.path().join(&path)).unwrap().ino();
            assert_eq!(seen.get(&cgroup), Some(&kind), "{path}");
        }
    }
}
