//! Denials in a file, as JSON lines: mode 0600, turned over by size, in a thread of its own. A line
//! that cannot be written is counted, and the count is written as soon as anything can be.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::mpsc as queue;

use super::json;
use crate::denials::{Line, Lost, VERSION, clock};

/// How long the end waits for lines that are still to be written.
const LAST_LINES: Duration = Duration::from_secs(1);
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

pub struct Export {
    done: mpsc::Receiver<()>,
}

impl Export {
    /// Writes `lines` until there are no more.
    ///
    /// # Errors
    /// If the file cannot be opened, or there can be no thread.
    pub fn start(
        target: Target,
        node: String,
        mut lines: queue::Receiver<Arc<Line>>,
    ) -> io::Result<Self> {
        let mut log = Log::open(target)?;
        let (sender, done) = mpsc::channel();
        thread::Builder::new()
            .name("export".to_owned())
            .spawn(move || {
                while let Some(line) = lines.blocking_recv() {
                    log.give(&line, &node);
                }
                drop(sender);
            })?;
        Ok(Self { done })
    }

    /// Waits, but not for long, until what was said is written. Its queue must be closed.
    pub fn finish(self) {
        if self.done.recv_timeout(LAST_LINES) == Err(mpsc::RecvTimeoutError::Timeout) {
            log::warn!("the export file takes no more, its last lines are dropped");
        }
    }
}

struct Log {
    target: Target,
    file: File,
    size: u64,
    /// Lines that are not in it.
    failed: u64,
}

impl Log {
    fn open(target: Target) -> io::Result<Self> {
        let (file, size) = open(&target.path)?;
        Ok(Self {
            target,
            file,
            size,
            failed: 0,
        })
    }

    fn give(&mut self, line: &Line, node: &str) {
        if self.failed > 0 {
            let lost = Line::Lost(Lost {
                v: VERSION,
                seq: None,
                time: clock::now(),
                node: node.to_owned(),
                rule: "lost".to_owned(),
                count: self.failed,
                cause: "export".to_owned(),
            });
            if self.write(&lost).is_err() {
                self.failed += 1;
                return;
            }
            self.failed = 0;
        }
        if let Err(e) = self.write(line) {
            log::warn!(
                "{}: {e}; lines are counted until it works again",
                self.target.path.display()
            );
            self.failed += 1;
        }
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = json(line);
        text.push('\n');
        let length = text.len() as u64;
        if self.size > 0 && self.size.saturating_add(length) > self.target.size {
            self.turn_over()?;
        } else if self.is_elsewhere() {
            (self.file, self.size) = open(&self.target.path)?;
        }
        if let Err(e) = self.file.write_all(text.as_bytes()) {
            // What of a line found room goes, so that every line is whole.
            let _ = self.file.set_len(self.size);
            return Err(e);
        }
        self.size += length;
        Ok(())
    }

    /// Somebody has moved or removed it.
    fn is_elsewhere(&self) -> bool {
        let there = fs::metadata(&self.target.path).map(|file| (file.dev(), file.ino()));
        let ours = self.file.metadata().map(|file| (file.dev(), file.ino()));
        there.ok() != ours.ok()
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
        (self.file, self.size) = open(path)?;
        Ok(())
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::sample;

    fn log(path: &Path, size: u64, files: u32) -> Log {
        let path = path.to_owned();
        Log::open(Target { path, size, files }).unwrap()
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

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("denials");
        let one = json(&line(1)).len() as u64 + 1;
        let mut log = log(&path, 2 * one, 2);
        for seq in 1..=7 {
            log.give(&line(seq), "web-3");
        }
        assert_eq!(seqs(&path), [7]);
        assert_eq!(seqs(&numbered(&path, 1)), [5, 6]);
        assert_eq!(seqs(&numbered(&path, 2)), [3, 4]);
        assert!(!numbered(&path, 3).exists());
        let mode = fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o777, MODE);
    }

    #[test]
    fn a_new_agent_goes_on_where_the_old_one_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("denials");
        for seq in 1..=2 {
            log(&path, 1 << 20, 1).give(&line(seq), "web-3");
        }
        assert_eq!(seqs(&path), [1, 2]);
    }

    #[test]
    fn a_file_that_was_moved_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("denials");
        let mut log = log(&path, 1 << 20, 1);
        log.give(&line(1), "web-3");
        fs::rename(&path, folder.path().join("moved")).unwrap();
        log.give(&line(2), "web-3");
        assert_eq!(seqs(&path), [2]);
        assert_eq!(seqs(&folder.path().join("moved")), [1]);
    }

    #[test]
    fn what_cannot_be_written_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("denials");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let mut log = log(&path, 1 << 20, 1);
        for seq in 1..=3 {
            log.give(&line(seq), "web-3");
        }
        assert_eq!(log.failed, 3);
        fs::remove_file(&path).unwrap();
        log.give(&line(4), "web-3");
        let text = fs::read_to_string(&path).unwrap();
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&first["count"], &first["cause"]),
            (&3.into(), &"export".into())
        );
        assert_eq!(text.lines().count(), 2);
        assert_eq!(log.failed, 0);
    }
}
