//! A folder in memory that stands for a host.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        Self(dir.expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, path: &str, content: &[u8]) {
        let path = self.make_parent(path);
        fs::write(path, content).expect("a file");
    }

    /// A name for the file that `write` makes at `to`, whose content it will always have.
    pub fn link(&self, path: &str, to: &str) {
        let path = self.make_parent(path);
        std::os::unix::fs::symlink(self.path().join(to), path).expect("a link");
    }

    fn make_parent(&self, path: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a folder");
        path
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}
