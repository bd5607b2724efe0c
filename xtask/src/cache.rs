//! What was downloaded or made once: outside the repository, complete or not there at all.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `$XDG_CACHE_HOME/bulkhead`, made if it is not there.
pub(crate) fn dir() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").filter(|name| !name.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => env::home_dir()
            .context("cannot find the home folder")?
            .join(".cache"),
    };
    sub(&base, "bulkhead")
}

/// A folder below another, made if it is not there.
pub(crate) fn sub(base: &Path, name: &str) -> Result<PathBuf> {
    let dir = base.join(name);
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// Has `make` fill a folder that appears under its own name only when it is complete.
///
/// A run that was cut off leaves nothing under that name, and what it left is thrown away here.
pub(crate) fn publish(dest: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let parent = dest.parent().context("a cached folder has a parent")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let partial = partial_name(dest);
    remove(&partial)?;
    fs::create_dir(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    make(&partial)?;
    remove(dest)?;
    fs::rename(&partial, dest).with_context(|| format!("cannot complete {}", dest.display()))
}

/// Held while the cache is written, so that two set-ups do not write the same folder.
pub(crate) fn lock() -> Result<File> {
    let path = dir()?.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
    file.lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Removes a folder and all in it; one that is not there is fine.
pub(crate) fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// Removes what runs that were cut off left in a folder.
pub(crate) fn forget_older_than_a_day(dir: &Path) -> Result<()> {
    let name = || format!("cannot list {}", dir.display());
    for entry in fs::read_dir(dir).with_context(name)? {
        let path = entry.with_context(name)?.path();
        let made = fs::metadata(&path).and_then(|entry| entry.modified());
        let age = made.map(|made| made.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > DAY) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn partial_name(dest: &Path) -> PathBuf {
    let mut name = dest.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_only_when_it_is_complete() {
        let cache = tempfile::tempdir().unwrap();
        let dest = cache.path().join("kernels/6.1");
        publish(&dest, |dir| {
            fs::write(dir.join("half"), "")?;
            anyhow::bail!("cut off")
        })
        .unwrap_err();
        assert!(!dest.exists());

        publish(&dest, |dir| Ok(fs::write(dir.join("whole"), "")?)).unwrap();
        assert!(dest.join("whole").exists());
        assert!(!dest.join("half").exists());
    }
}
