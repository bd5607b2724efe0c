//! From what is on a host to what the probe is told.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
};

use probe_common::anchor::{ALLOW_DIRECT, BUILD_ONLY, READ_ONLY, ROOT_ONLY, ROOTLESS_ONLY};

use super::*;

fn host_path(path: &Path, access: Access) -> (u32, HostPath) {
    let path = path.to_owned();
    (3, HostPath { path, access })
}

#[test]
fn what_is_not_there_allows_nothing_and_is_found_later() {
    let host = tempfile::tempdir().unwrap();
    assert_eq!(Table::resolve(&[], host.path()).unwrap(), Table::default());
    fs::create_dir_all(host.path().join("var/lib/docker/volumes")).unwrap();
    let table = Table::resolve(&[], host.path()).unwrap();
    assert_eq!(table.anchors().len(), 1);
    let rule = table.anchors().values().next().unwrap().rules[0];
    assert_eq!(rule.min_depth, 2);
}

#[test]
fn two_entries_of_one_directory_are_both_there() {
    let host = tempfile::tempdir().unwrap();
    fs::create_dir_all(host.path().join("var/lib/docker/overlay2")).unwrap();
    let table = Table::resolve(&[], host.path()).unwrap();
    let anchor = table.anchors().values().next().unwrap();
    let [root, layers] = anchor.rules;
    assert_eq!(root.flags & (ROOT_ONLY | BUILD_ONLY), ROOT_ONLY);
    assert_eq!(layers.flags & (ROOT_ONLY | BUILD_ONLY), BUILD_ONLY);
    assert_eq!(anchor.of_policy(0), AnchorRule::NONE);
}

#[test]
fn a_host_path_of_the_policy_must_exist() {
    let missing = host_path(Path::new("/does/not/exist"), Access::Rw);
    let error = Table::resolve(&[missing], Path::new("/")).unwrap_err();
    assert!(error.to_string().contains("/does/not/exist"), "{error}");
}

#[test]
fn a_host_path_that_goes_away_allows_nothing() {
    let host = tempfile::tempdir().unwrap();
    let data = host.path().join("data");
    fs::create_dir(&data).unwrap();
    let paths = [host_path(&data, Access::Rw)];
    let nowhere = host.path().join("nowhere");
    fs::create_dir(&nowhere).unwrap();
    assert_eq!(Table::refresh(&paths, &nowhere).unwrap().anchors().len(), 1);
    fs::remove_dir(&data).unwrap();
    assert_eq!(Table::refresh(&paths, &nowhere).unwrap(), Table::default());
}

/// Who may write there would choose what containers get, also while the agent runs.
#[test]
fn a_host_path_does_not_lead_over_the_links_of_others() {
    let host = tempfile::tempdir().unwrap();
    let open = host.path().join("open");
    fs::create_dir_all(open.join("work")).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let paths = [
        host_path(&open.join("work"), Access::Rw),
        host_path(host.path(), Access::Ro),
    ];
    assert_eq!(
        Table::resolve(&paths, host.path()).unwrap().anchors().len(),
        2
    );
    fs::rename(open.join("work"), open.join("away")).unwrap();
    for to in ["/etc", "work"] {
        symlink(to, open.join("work")).unwrap();
        let error = Table::resolve(&paths, host.path()).unwrap_err();
        assert!(error.to_string().contains("others than root"), "{error}");
        let table = Table::refresh(&paths, host.path()).unwrap();
        assert_eq!(table.anchors().len(), 1, "{table:?}");
        let none = Table::default();
        let warnings: Vec<_> = table.new_warnings(&none).collect();
        assert!(
            warnings[0].contains("containers get nothing"),
            "{warnings:?}"
        );
        fs::remove_file(open.join("work")).unwrap();
    }
}

#[test]
fn two_names_of_one_directory_allow_what_either_allows() {
    let host = tempfile::tempdir().unwrap();
    let link = host.path().join("link");
    symlink(host.path(), &link).unwrap();
    let nowhere = tempfile::tempdir().unwrap();
    for order in [[Access::Ro, Access::Rw], [Access::Rw, Access::Ro]] {
        let [first, second] = order;
        let paths = [host_path(host.path(), first), host_path(&link, second)];
        let table = Table::resolve(&paths, nowhere.path()).unwrap();
        let anchor = table.anchors().values().next().unwrap();
        let flags = anchor.of_policy(3).flags;
        assert!(flags != 0 && flags & READ_ONLY == 0, "{order:?}");
        assert_eq!(anchor.of_policy(4), AnchorRule::NONE);
    }
}

/// btrfs and overlay: what a runtime keeps there is no reason not to start, what the policy names is.
#[test]
fn where_inode_numbers_repeat_runtimes_get_nothing() {
    let host = tempfile::tempdir().unwrap();
    for path in ["var/lib/docker/volumes", "var/lib/docker/containers", "srv"] {
        fs::create_dir_all(host.path().join(path)).unwrap();
    }
    for fs in ["btrfs", "overlay"] {
        let mut mounts = Mounts::pretend(fs);
        let table = Table::with(&[], host.path(), &mut mounts).unwrap();
        assert_eq!(table.anchors().len(), 0);
        let none = Table::default();
        let warnings: Vec<_> = table.new_warnings(&none).collect();
        let [warning] = *warnings else {
            panic!("{warnings:?}");
        };
        assert!(
            warning.contains(fs) && warning.contains("var/lib/docker is"),
            "{warning}"
        );
        assert_eq!(table.new_warnings(&table).count(), 0, "once");
        let path = host_path(&host.path().join("srv"), Access::Rw);
        let error = Table::with(&[path], host.path(), &mut mounts).unwrap_err();
        assert!(matches!(error, AnchorError::Ambiguous { .. }), "{error}");
    }
}

#[test]
fn a_place_that_users_can_replace_is_none() {
    let host = tempfile::tempdir().unwrap();
    let home = host.path().join("home");
    fs::create_dir_all(home.join("docker/volumes")).unwrap();
    fs::create_dir_all(host.path().join("var/lib")).unwrap();
    symlink("../../home/docker", host.path().join("var/lib/docker")).unwrap();
    let anchors = |mode| {
        fs::set_permissions(&home, fs::Permissions::from_mode(mode)).unwrap();
        let table = Table::resolve(&[], host.path()).unwrap();
        (
            table.anchors().len(),
            table.new_warnings(&Table::default()).count(),
        )
    };
    assert_eq!(anchors(0o755), (1, 0));
    assert_eq!(anchors(0o777), (0, 1));
}

#[test]
fn a_users_storage_is_the_users_own_directory() {
    let host = tempfile::tempdir().unwrap();
    let store = host
        .path()
        .join("home/nina/.local/share/containers/storage");
    fs::create_dir_all(&store).unwrap();
    fs::create_dir(host.path().join("etc")).unwrap();
    let owner = fs::metadata(&store).unwrap().uid();
    let user = if owner == 0 { 1000 } else { owner };
    std::os::unix::fs::chown(&store, Some(user), None).unwrap();
    let rules = |uid| {
        let passwd = format!("nina:x:{uid}:1000::/home/nina:/bin/sh\n");
        fs::write(host.path().join("etc/passwd"), passwd).unwrap();
        let table = Table::resolve(&[], host.path()).unwrap();
        assert_eq!(table.new_warnings(&Table::default()).count(), 0);
        let rules = table.anchors().values().map(|anchor| anchor.rules[0]);
        rules
            .map(|rule| (rule.flags, rule.min_depth))
            .collect::<Vec<_>>()
    };
    assert_eq!(rules(user), [(ALLOW_DIRECT | ROOTLESS_ONLY, 1)]);
    assert_eq!(rules(user + 1), []);
    // A link to what is the user's as well.
    let moved = host.path().join("moved");
    fs::rename(&store, &moved).unwrap();
    symlink(&moved, &store).unwrap();
    assert_eq!(rules(user), []);
}
