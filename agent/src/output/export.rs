//! Denials in a file, as JSON lines: mode 0600, turned over by size. Each line is whole.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::{libc, unistd::geteuid};

use super::{json, sink::Sink};
use crate::denials::Line;

const MODE: u32 = 0o600;

/// Where to, and how much of it is kept.
#[derive(Debug, Clone)]
pub struct Target {
    pub path: PathBuf,
    /// Bytes after which the file is turned over.
    pub size: u64,
    /// Older files that are kept, as `PATH.1` to `PATH.N`.
    pub files: u32,
}

/// The file that is written now.
pub struct Export {
    target: Target,
    file: File,
}

impl Export {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// If it is a link, no ordinary file or somebody else's, or cannot be opened.
    pub fn open(target: Target) -> io::Result<Self> {
        let file = open(&target.path)?;
        Ok(Self { target, file })
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = json(line);
        text.push('\n');
        let mut now = self.file.metadata()?;
        if self.is_elsewhere(&now) {
            self.file = open(&self.target.path)?;
            now = self.file.metadata()?;
        } else if now.len() > 0 && now.len().saturating_add(text.len() as u64) > self.target.size {
            self.turn_over()?;
            now = self.file.metadata()?;
        }
        if let Err(e) = self.file.write_all(text.as_bytes()) {
            // What of a line found room goes, so that every line is whole.
            if let Err(e) = self.file.set_len(now.len()) {
                log::warn!("{}: half a line stays in it: {e}", self.name());
            }
            return Err(e);
        }
        Ok(())
    }

    /// Somebody has moved or removed it.
    fn is_elsewhere(&self, ours: &Metadata) -> bool {
        let id = |file: &Metadata| (file.dev(), file.ino());
        let there = fs::symlink_metadata(&self.target.path);
        there.ok().map(|there| id(&there)) != Some(id(ours))
    }

    fn turn_over(&mut self) -> io::Result<()> {
        let path = &self.target.path;
        for number in (1..self.target.files).rev() {
            match fs::rename(numbered(path, number), numbered(path, number + 1)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        if self.target.files > 0 {
            fs::rename(path, numbered(path, 1))?;
        } else {
            fs::remove_file(path)?;
        }
        // If this fails, the next line finds the file moved, and only opens it.
        self.file = open(path)?;
        Ok(())
    }
}

impl Sink for Export {
    fn name(&self) -> String {
        format!("the export file {}", self.target.path.display())
    }

    fn put(&mut self, lines: &[Arc<Line>]) -> io::Result<u64> {
        lines.iter().try_for_each(|line| self.write(line))?;
        Ok(0)
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Neither follows a link nor waits at a FIFO: the folder may be one that others write to.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|e| match e.raw_os_error() {
            Some(libc::ELOOP) => io::Error::other("it is a symbolic link"),
            Some(libc::ENXIO) => io::Error::other("it is no ordinary file"),
            _ => e,
        })?;
    let found = file.metadata()?;
    let wrong = if !found.is_file() {
        Some("it is no ordinary file")
    } else if found.uid() != geteuid().as_raw() {
        Some("it is another user's")
    } else if found.nlink() > 1 {
        Some("it has another name too")
    } else {
        None
    };
    if let Some(wrong) = wrong {
        return Err(io::Error::other(wrong));
    }
    file.set_permissions(fs::Permissions::from_mode(MODE))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
