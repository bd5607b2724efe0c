use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn folder(bpffs: &Path, path: &str) -> PathBuf {
    let path = bpffs.join(FOLDER).join(path);
    make(&path).unwrap();
    path
}

fn look(bpffs: &Path) -> Result<Pins, String> {
    Pins::look(bpffs, true).map_err(|e| e.to_string())
}

#[test]
fn an_earlier_agent_is_found_by_its_links() {
    let bpffs = tempfile::tempdir().unwrap();
    let bpffs = bpffs.path();
    assert!(!look(bpffs).unwrap().found());
    let layout = limits::LAYOUT.to_string();
    let links = folder(bpffs, &format!("{layout}/links"));
    assert!(!look(bpffs).unwrap().found(), "it did not get far");
    fs::write(links.join("capable"), "").unwrap();
    folder(bpffs, "4711");
    let pins = look(bpffs).unwrap();
    assert!(pins.found());
    assert_eq!(pins.others, [bpffs.join("bulkhead/4711")]);
}

#[test]
fn what_no_agent_makes_is_reported() {
    let bpffs = tempfile::tempdir().unwrap();
    let bpffs = bpffs.path();
    let layout = folder(bpffs, &limits::LAYOUT.to_string());
    let maps = folder(bpffs, &format!("{}/maps", limits::LAYOUT));
    fs::set_permissions(&maps, fs::Permissions::from_mode(0o750)).unwrap();
    let error = look(bpffs).unwrap_err();
    assert!(error.ends_with("maps is not Bulkhead's: others than root may enter it"));
    fs::remove_dir(&maps).unwrap();
    symlink("/tmp", &maps).unwrap();
    assert!(look(bpffs).unwrap_err().ends_with("it is no folder"));
    fs::remove_file(&maps).unwrap();
    fs::write(layout.with_file_name("else"), "").unwrap();
    assert!(look(bpffs).unwrap_err().ends_with("it is no folder"));
    fs::remove_file(layout.with_file_name("else")).unwrap();
    folder(bpffs, "v1");
    assert!(
        look(bpffs)
            .unwrap_err()
            .ends_with("no layout has this name")
    );
}

#[test]
fn unloading_follows_nothing() {
    let bpffs = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("precious"), "").unwrap();
    let links = folder(bpffs.path(), "1/links");
    fs::write(links.join("capable"), "").unwrap();
    symlink(other.path(), links.with_file_name("maps")).unwrap();
    assert!(unload(bpffs.path()).unwrap());
    assert!(!unload(bpffs.path()).unwrap(), "nothing is left");
    symlink(other.path(), bpffs.path().join(FOLDER)).unwrap();
    assert!(unload(bpffs.path()).unwrap());
    assert!(other.path().join("precious").exists());
}

#[test]
fn an_agent_that_fails_leaves_nothing() {
    let bpffs = tempfile::tempdir().unwrap();
    let mut pins = look(bpffs.path()).unwrap();
    let maps = pins.take_maps(&[]).unwrap();
    assert_eq!(maps.len(), MAPS.len());
    assert!(pins.links().exists());
    drop(pins);
    assert_eq!(names(&bpffs.path().join(FOLDER)).unwrap(), [""; 0]);
}
