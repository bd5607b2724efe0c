//! The files of a policy: the main one, then those of the folder beside it.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use super::{DEFAULT_FILE, PolicyError};

/// A file and its text.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Reads `file`, which has to be there, or [`DEFAULT_FILE`], which need not; then `*.toml` of the
/// folder, in the order of their names.
pub(super) fn read(file: Option<&Path>, root: &Path) -> Result<Vec<File>, PolicyError> {
    let main = &main(file, root);
    let mut all = Vec::new();
    match std::fs::read_to_string(main) {
        Ok(text) => all.push(File {
            path: main.to_owned(),
            text,
        }),
        Err(e) if file.is_none() && e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(unreadable(main)(e)),
    }
    all.extend(folder(main)?);
    Ok(all)
}

/// The same, with this text instead of that of the main file.
pub(super) fn instead(
    text: File,
    file: Option<&Path>,
    root: &Path,
) -> Result<Vec<File>, PolicyError> {
    let mut all = vec![text];
    all.extend(folder(&main(file, root))?);
    Ok(all)
}

fn main(file: Option<&Path>, root: &Path) -> PathBuf {
    let default = root.join(DEFAULT_FILE.trim_start_matches('/'));
    file.map_or(default, Path::to_owned)
}

fn folder(main: &Path) -> Result<Vec<File>, PolicyError> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
        Ok(File { path, text })
    };
    more(main)?.into_iter().map(read).collect()
}

/// `policy.d/*.toml` of `policy.toml`. Hidden files are those that editors leave behind.
fn more(main: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let is_toml = |path: &Path| path.extension() == Some(OsStr::new("toml"));
    let is_hidden = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.as_encoded_bytes().starts_with(b".")
    };
    if !is_toml(main) {
        return Ok(Vec::new());
    }
    let folder = main.with_extension("d");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unreadable(&folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable(&folder))?.path();
        if is_toml(&path) && !is_hidden(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> PolicyError {
    let path = path.to_owned();
    |source| PolicyError::Unreadable { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_in_the_place_of_the_main_file() {
        let host = tempfile::tempdir().unwrap();
        let folder = host.path().join("etc/bulkhead/policy.d");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.toml"), "x").unwrap();
        std::fs::write(host.path().join("etc/bulkhead/policy.toml"), "old").unwrap();
        let (path, text) = (PathBuf::from("/root/new.toml"), "new".to_owned());
        let all = instead(File { path, text }, None, host.path()).unwrap();
        let texts: Vec<_> = all.iter().map(|file| file.text.as_str()).collect();
        assert_eq!(texts, ["new", "x"]);
    }
}
