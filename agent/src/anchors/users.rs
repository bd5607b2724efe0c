//! Where users keep their own containers.
//!
//! What lies there is the user's, and so is what a directory there is called or a link leads to. It
//! is taken for what the user could read anyway: only in a user namespace (`ROOTLESS_ONLY`), only if
//! it is the user's own directory, and over no link. What a user's own `storage.conf` says does not
//! count.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::fcntl::OFlag;

use super::{
    below,
    locate::{Mounts, over_no_link},
    roots::{Place, Root},
};

/// Of podman and buildah, and of Docker; below the home directory. No default of theirs is a home
/// directory itself, nor anything above the storage.
const STORES: &[&str] = &[
    "$HOME/.local/share/containers/storage",
    "$HOME/.local/share/docker",
    "/run/user/$UID/containers",
    // Without a session there is no `/run/user/UID`.
    "/tmp/storage-run-$UID/containers",
];

struct User {
    name: String,
    uid: u32,
    home: PathBuf,
}

/// Every user's storage, where it is there: in the usual places, and in those that the
/// administrator's `storage.conf` names for all.
pub fn stores(host: &Path, configured: &[String]) -> Vec<Place> {
    let Ok(passwd) = fs::read_to_string(host.join("etc/passwd")) else {
        return Vec::new();
    };
    let Ok(mounts) = Mounts::read() else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for user in passwd.lines().filter_map(|line| user(line, host)) {
        let templates = STORES.iter().copied();
        for template in templates.chain(configured.iter().map(String::as_str)) {
            let Some(path) = path(template, &user, host, &mounts) else {
                continue;
            };
            if !mounts.may_wait(&path) && over_no_link(&path, OFlag::O_DIRECTORY).is_ok() {
                places.push(Place {
                    root: Root::User,
                    path,
                    user: Some(user.uid),
                });
            }
        }
    }
    places
}

/// Everybody but root, who is at home in `/root` and has no user namespace.
fn user(line: &str, host: &Path) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
    let home = fields.nth(2).filter(|home| home.starts_with('/'))?;
    let home = below(host, home);
    (home != host).then_some(User { name, uid, home })
}

/// A template for one user. The links on the way to a home directory are root's, others are none.
fn path(template: &str, user: &User, host: &Path, mounts: &Mounts) -> Option<PathBuf> {
    let plain = |text: &str| {
        text.replace("$UID", &user.uid.to_string())
            .replace("$USER", &user.name)
    };
    let braced = template
        .replace("${HOME}", "$HOME")
        .replace("${USER}", "$USER");
    let Some(in_home) = braced.strip_prefix("$HOME/") else {
        let path = plain(&braced);
        let is_theirs = path != braced && path.starts_with('/') && !path.contains('$');
        return is_theirs.then(|| below(host, &path));
    };
    if mounts.may_wait(&user.home) {
        return None;
    }
    let home = fs::canonicalize(&user.home).ok()?;
    let path = plain(in_home);
    (!path.contains('$') && !path.is_empty()).then(|| home.join(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{
        super::roots::tests::{host, places},
        *,
    };

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
                          nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n\
                          nina:x:1000:1000:Nina:/home/nina:/bin/sh\n\
                          broken\n\
                          ulf:x:1001:1001::/home/ulf:/bin/sh\n";

    fn with(stores: &[&str], files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = [("etc/passwd", PASSWD)]
            .iter()
            .chain(files)
            .copied()
            .collect();
        let host = host(&files);
        for store in stores {
            fs::create_dir_all(host.path().join(store)).unwrap();
        }
        places(host.path(), Root::User)
    }

    #[test]
    fn the_storage_of_each_user_that_has_some() {
        let found = with(
            &[
                "home/nina/.local/share/containers/storage",
                "home/ulf/.local/share/docker",
                "run/user/1000/containers",
                "root/.local/share/containers/storage",
                ".local/share/containers/storage",
            ],
            &[],
        );
        let wanted = [
            "/home/nina/.local/share/containers/storage",
            "/home/ulf/.local/share/docker",
            "/run/user/1000/containers",
        ];
        assert_eq!(found, wanted);
    }

    /// containers/storage 83cf5746, `docs/containers-storage.conf.5.md`.
    #[test]
    fn where_the_administrator_wants_it() {
        let path = |path: &str| format!("[storage]\nrootless_storage_path = \"{path}\"\n");
        for (template, store) in [
            ("/scratch/$USER/containers", "scratch/nina/containers"),
            ("/scratch/$UID/c", "scratch/1000/c"),
            ("$HOME/containers/storage", "home/nina/containers/storage"),
            ("${HOME}/c", "home/nina/c"),
        ] {
            let config = ("etc/containers/storage.conf", &*path(template));
            assert_eq!(with(&[store], &[config]), [format!("/{store}")]);
        }
        // Not the user's, not the whole home, or not to be understood.
        for template in [
            "/srv",
            "$HOME/",
            "$HOME",
            "$HOME/$X",
            "$USER",
            "/x/$XDG_DATA_HOME",
        ] {
            let config = ("etc/containers/storage.conf", &*path(template));
            let found = with(&["srv", "home/nina", "home/ulf"], &[config]);
            assert_eq!(found, [""; 0], "{template}");
        }
    }

    #[test]
    fn what_a_users_own_file_says_does_not_count() {
        let own = "[storage]\ngraphroot = \"/srv/nina\"\n";
        let file = ("home/nina/.config/containers/storage.conf", own);
        assert_eq!(with(&["srv/nina"], &[file]), [""; 0]);
    }

    #[test]
    fn homes_behind_a_link() {
        let host = host(&[("etc/passwd", PASSWD)]);
        let store = "data/nina/.local/share/containers/storage";
        fs::create_dir_all(host.path().join(store)).unwrap();
        symlink("data", host.path().join("home")).unwrap();
        assert_eq!(places(host.path(), Root::User), [format!("/{store}")]);
    }
}
