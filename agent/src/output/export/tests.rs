use std::os::unix::fs::symlink;

use super::*;
use crate::denials::sample;

fn export(path: &Path, size: u64, files: u32) -> Export {
    let path = path.to_owned();
    Export::open(Target { path, size, files }).unwrap()
}

fn line(seq: u64) -> Line {
    let mut line = sample::line(&sample::mount(), 0);
    line.set_seq(seq);
    line
}

fn seqs(path: &Path) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["seq"].as_u64().unwrap()
    });
    lines.collect()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("denials");
    (folder, path)
}

#[test]
fn the_oldest_go_first() {
    let (_folder, path) = folder();
    let one = json(&line(1)).len() as u64 + 1;
    let mut export = export(&path, 2 * one, 2);
    for seq in 1..=7 {
        export.write(&line(seq)).unwrap();
    }
    assert_eq!(seqs(&path), [7]);
    assert_eq!(seqs(&numbered(&path, 1)), [5, 6]);
    assert_eq!(seqs(&numbered(&path, 2)), [3, 4]);
    assert!(!numbered(&path, 3).exists());
    let mode = fs::metadata(&path).unwrap().mode();
    assert_eq!(mode & 0o777, MODE);
}

#[test]
fn without_older_files_there_is_one() {
    let (folder, path) = folder();
    let mut export = export(&path, 1, 0);
    for seq in 1..=3 {
        export.write(&line(seq)).unwrap();
    }
    assert_eq!(seqs(&path), [3]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_new_agent_goes_on_where_the_old_one_was() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for seq in 1..=2 {
        export(&path, 1 << 20, 1).write(&line(seq)).unwrap();
    }
    assert_eq!(seqs(&path), [1, 2]);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, MODE);
}

#[test]
fn a_file_that_was_moved_or_removed_is_made_anew() {
    let (folder, path) = folder();
    let mut export = export(&path, 1 << 20, 1);
    export.write(&line(1)).unwrap();
    fs::rename(&path, folder.path().join("moved")).unwrap();
    export.write(&line(2)).unwrap();
    fs::remove_file(&path).unwrap();
    export.write(&line(3)).unwrap();
    assert_eq!(seqs(&path), [3]);
    assert_eq!(seqs(&folder.path().join("moved")), [1]);
}

#[test]
fn a_file_that_was_emptied_goes_on_from_its_beginning() {
    let (_folder, path) = folder();
    let mut export = export(&path, 1 << 20, 1);
    export.write(&line(1)).unwrap();
    File::create(&path).unwrap();
    export.write(&line(2)).unwrap();
    assert_eq!(seqs(&path), [2], "and no NULs before it");
}

#[test]
fn a_failure_in_between_loses_no_older_file() {
    let (_folder, path) = folder();
    let mut export = export(&path, 1, 2);
    export.write(&line(1)).unwrap();
    export.write(&line(2)).unwrap();
    // Where the older ones go there is no way.
    fs::create_dir(numbered(&path, 2)).unwrap();
    for seq in 3..=5 {
        assert!(export.write(&line(seq)).is_err());
    }
    fs::remove_dir(numbered(&path, 2)).unwrap();
    export.write(&line(6)).unwrap();
    let all = [&path, &numbered(&path, 1), &numbered(&path, 2)].map(|path| seqs(path));
    assert_eq!(all, [vec![6], vec![2], vec![1]]);
    // The new one cannot be opened when the old one has its number.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    for seq in 7..=9 {
        assert!(export.write(&line(seq)).is_err());
    }
    fs::remove_dir(&path).unwrap();
    export.write(&line(10)).unwrap();
    let all = [&path, &numbered(&path, 1), &numbered(&path, 2)].map(|path| seqs(path));
    assert_eq!(all, [vec![10], vec![2], vec![1]]);
}

#[track_caller]
fn refused(path: &Path, why: &str) {
    let (size, files) = (1 << 20, 1);
    let path = path.to_owned();
    let error = Export::open(Target { path, size, files }).err().unwrap();
    assert_eq!(error.to_string(), why);
}

#[test]
fn what_others_laid_there_is_refused() {
    let (folder, path) = folder();
    let other = folder.path().join("other");
    fs::write(&other, "theirs").unwrap();
    symlink(&other, &path).unwrap();
    refused(&path, "it is a symbolic link");
    fs::remove_file(&path).unwrap();
    fs::hard_link(&other, &path).unwrap();
    refused(&path, "it has another name too");
    fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    refused(&path, "it is no ordinary file");
    refused(Path::new("/dev/full"), "it is no ordinary file");
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    if geteuid().is_root() {
        std::os::unix::fs::chown(&other, Some(65_534), None).unwrap();
        refused(&other, "it is another user's");
    }
}
