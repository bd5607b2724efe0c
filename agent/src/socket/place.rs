//! Where the socket is.

use std::{
    fs, io,
    os::unix::{
        fs::{DirBuilderExt, FileTypeExt, PermissionsExt},
        net::UnixListener,
    },
    path::Path,
};

use super::{NAME, SocketError};

/// Makes the socket, readable for root alone. A socket that an earlier agent left is replaced; the
/// caller holds the lock, so nobody listens on it.
///
/// # Errors
/// If something else is in the way, or the folder cannot be written.
pub fn bind(folder: &Path) -> Result<UnixListener, SocketError> {
    let path = folder.join(NAME);
    let failed = |source: io::Error| SocketError::Bind {
        path: path.clone(),
        source,
    };
    match fs::symlink_metadata(&path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(&path).map_err(failed)?,
        Ok(_) => return Err(SocketError::InTheWay(path)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(e)),
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Makes the folder, root's alone.
///
/// # Errors
/// If it is no folder, or cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_root_alone_may_connect() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("bulkhead");
        make_folder(&folder).unwrap();
        drop(bind(&folder).unwrap());
        drop(bind(&folder).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join(NAME)), 0o600);
    }

    #[test]
    fn anything_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(NAME)).unwrap();
        let error = bind(dir.path()).unwrap_err();
        assert!(matches!(error, SocketError::InTheWay(_)), "{error}");
        assert!(dir.path().join(NAME).is_dir());
    }
}
