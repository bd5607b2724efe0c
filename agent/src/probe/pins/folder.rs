//! Folders of root's alone, and what is in them.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::Path,
};

use super::PinError;

pub(super) fn make(path: &Path) -> Result<(), PinError> {
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    made.map_err(|source| PinError::Io {
        act: "make",
        path: path.to_owned(),
        source,
    })
}

/// Names in a folder of root's alone; none if it is not there.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, PinError> {
    if fs::symlink_metadata(folder).is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
        return Ok(Vec::new());
    }
    is_own(folder)?;
    names_of_any(folder)
}

pub(super) fn names_of_any(folder: &Path) -> Result<Vec<String>, PinError> {
    let failed = |source| PinError::Io {
        act: "read",
        path: folder.to_owned(),
        source,
    };
    let name = |entry: io::Result<fs::DirEntry>| {
        let name = entry.map_err(failed)?.file_name();
        Ok(OsStr::to_string_lossy(&name).into_owned())
    };
    fs::read_dir(folder).map_err(failed)?.map(name).collect()
}

/// Somebody else could have put anything there.
pub(super) fn is_own(path: &Path) -> Result<(), PinError> {
    let found = fs::symlink_metadata(path).map_err(|source| PinError::Io {
        act: "look at",
        path: path.to_owned(),
        source,
    })?;
    let why = if !found.is_dir() {
        "it is no folder"
    } else if found.uid() != nix::unistd::geteuid().as_raw() {
        "it belongs to another user"
    } else if found.mode() & 0o077 != 0 {
        "others than root may enter it"
    } else {
        return Ok(());
    };
    Err(PinError::Foreign {
        path: path.to_owned(),
        why: why.to_owned(),
    })
}

/// What is gone already is no error.
pub(super) fn remove(path: &Path) -> Result<(), PinError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(PinError::Io {
            act: "remove",
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}
