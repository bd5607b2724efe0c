//! What the next agent has to know of this one: its last lines, and with them where it was. A file in
//! the agent's folder, which is gone with the machine's memory, as the probe is.
//!
//! A line is here before anybody gets it, so that nobody gets its number twice. What was taken out of
//! the kernel's ring and is no line yet when an agent is killed is the difference of two counts.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{denials::Line, host::replace, output::json};

const LINES: &str = "history";
const TAKEN: &str = "taken";
const VERSION: u32 = 1;
/// Bytes of a file of an earlier agent; its lines are some kB long at most.
const LONGEST: u64 = 64 << 20;

/// The first line of the file: what is true before its second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    v: u32,
    boot: String,
    #[serde(flatten)]
    count: Count,
}

/// How far a count of lines has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Its name: numbers of another are other numbers.
    pub series: String,
    pub seq: u64,
    /// Denials out of the ring that are in lines.
    pub given: u64,
    /// Denials that the ring had no room for, as far as they were told.
    pub ring: u64,
}

/// What an earlier agent left, or the beginning.
#[derive(Debug, Default)]
pub struct Past {
    pub count: Count,
    pub lines: VecDeque<Arc<Line>>,
    /// Denials that it had in hand when it was killed.
    pub in_hand: u64,
}

/// Where lines are kept.
pub struct Memory {
    /// `None` keeps nothing.
    place: Option<Place>,
    file: Option<File>,
    /// Lines of the file.
    lines: usize,
    count: Count,
}

struct Place {
    folder: PathBuf,
    boot: String,
}

/// How many denials were taken out of the ring, for the one who takes them.
pub struct Taken {
    file: Option<File>,
    total: u64,
}

impl Memory {
    /// Keeps nothing.
    #[cfg(test)]
    pub fn none() -> (Self, Past) {
        let mut past = Past::default();
        past.count.series = "a".to_owned();
        (Self::new(None, &past), past)
    }

    /// What is in `folder` from an agent of the same `boot`, else a new count with the name `series`.
    pub fn open(folder: &Path, boot: &str, series: &str) -> (Self, Past) {
        let past = read(folder, boot).unwrap_or_else(|e| {
            if e.kind() != io::ErrorKind::NotFound {
                log::warn!("the denials of before are forgotten, their numbers begin anew: {e}");
            }
            let mut past = Past::default();
            past.count.series = series.to_owned();
            past
        });
        let (folder, boot) = (folder.to_owned(), boot.to_owned());
        (Self::new(Some(Place { folder, boot }), &past), past)
    }

    fn new(place: Option<Place>, past: &Past) -> Self {
        Self {
            place,
            file: None,
            lines: 0,
            count: past.count.clone(),
        }
    }

    /// For who takes records out of the ring; begins where what is in lines ends.
    pub fn taken(&self, in_hand: u64) -> Taken {
        let total = self.count.given + in_hand;
        let file = self.place.as_ref().and_then(|place| {
            let mut options = File::options();
            options.write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(place.folder.join(TAKEN)).and_then(|file| {
                file.write_all_at(&total.to_le_bytes(), 0)?;
                Ok(file)
            });
            file.inspect_err(|e| log::warn!("what a killed agent had in hand is not counted: {e}"))
                .ok()
        });
        Taken { file, total }
    }

    /// Keeps one more line, the last of `all`. If that fails the file goes away, because who reads it
    /// would give numbers again that were given; [`Memory::mend`] makes it anew.
    pub fn keep(&mut self, line: &Line, all: &VecDeque<Arc<Line>>) {
        self.count.add(line);
        if self.place.is_none() {
            return;
        }
        // Twice as many as are wanted, so that it is seldom written anew.
        if self.lines >= 2 * all.len().max(100) {
            return self.mend(all);
        }
        if let Some(file) = &mut self.file {
            match file.write_all((json(line) + "\n").as_bytes()) {
                Ok(()) => self.lines += 1,
                Err(e) => self.drop_file(&e),
            }
        }
    }

    /// Writes all of it, if the file is not there or has become too long.
    pub fn mend(&mut self, all: &VecDeque<Arc<Line>>) {
        let Some(place) = &self.place else { return };
        if self.file.is_some() && self.lines < 2 * all.len().max(100) {
            return;
        }
        match place.write(&self.count, all) {
            Ok(file) => {
                self.file = Some(file);
                self.lines = all.len();
            }
            Err(e) => self.drop_file(&e),
        }
    }

    fn drop_file(&mut self, error: &io::Error) {
        let Some(place) = &self.place else { return };
        if self.file.take().is_some() {
            log::warn!("the next agent will not know of these denials unless this ends: {error}");
        }
        match fs::remove_file(place.folder.join(LINES)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                log::warn!("an old history stays: {e}");
            }
            _ => {}
        }
    }
}

impl Place {
    /// A new file in the place of the old one, whole at every moment.
    fn write(&self, count: &Count, all: &VecDeque<Arc<Line>>) -> io::Result<File> {
        let mut before = count.clone();
        all.iter().for_each(|line| before.take(line));
        let head = Head {
            v: VERSION,
            boot: self.boot.clone(),
            count: before,
        };
        let mut text = json(&head) + "\n";
        for line in all {
            text.push_str(&json(&**line));
            text.push('\n');
        }
        replace(&self.folder.join(LINES), &text)
    }
}

impl Count {
    fn add(&mut self, line: &Line) {
        let (given, ring) = parts(line);
        self.seq += 1;
        self.given += given;
        self.ring += ring;
    }

    /// What was before this line.
    fn take(&mut self, line: &Line) {
        let (given, ring) = parts(line);
        self.seq = self.seq.saturating_sub(1);
        self.given = self.given.saturating_sub(given);
        self.ring = self.ring.saturating_sub(ring);
    }
}

/// Denials of a line that came out of the ring, and those that had no room there.
fn parts(line: &Line) -> (u64, u64) {
    match line {
        Line::Denial(_) => (line.denials(), 0),
        Line::Stopped(_) => (0, 0),
        Line::Lost(lost) if lost.cause == "ring" => (0, lost.count),
        Line::Lost(lost) => (lost.count, 0),
    }
}

impl Taken {
    /// So many more are in hand.
    pub fn add(&mut self, denials: u64) {
        self.total += denials;
        if let Some(file) = &self.file
            && let Err(e) = file.write_all_at(&self.total.to_le_bytes(), 0)
        {
            log::warn!("what a killed agent had in hand is not counted: {e}");
            self.file = None;
        }
    }
}

/// Everything of an earlier agent, checked: a file with a gap tells of nothing.
fn read(folder: &Path, boot: &str) -> io::Result<Past> {
    let file = folder.join(LINES);
    let wrong = |what: &str| {
        let text = format!("{}: {what}", file.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    };
    if fs::metadata(&file)?.len() > LONGEST {
        return Err(wrong("too long"));
    }
    let text = fs::read(&file)?;
    let text = String::from_utf8(text).map_err(|_| wrong("no text"))?;
    // The last line may be half a line: then nobody got it.
    let mut lines = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let head = lines.next().ok_or_else(|| wrong("empty"))?;
    let head: Head = serde_json::from_str(head).map_err(|e| wrong(&e.to_string()))?;
    if head.v != VERSION {
        return Err(wrong("of another version"));
    }
    if head.boot != boot {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut past = Past {
        count: head.count,
        ..Past::default()
    };
    for line in lines {
        let line: Line = serde_json::from_str(line).map_err(|e| wrong(&e.to_string()))?;
        past.count.add(&line);
        if line.seq() != Some(past.count.seq) {
            return Err(wrong("a number is missing"));
        }
        past.lines.push_back(Arc::new(line));
    }
    let taken = fs::read(folder.join(TAKEN)).unwrap_or_default();
    let taken = <[u8; 8]>::try_from(taken).map_or(0, u64::from_le_bytes);
    past.in_hand = taken.saturating_sub(past.count.given);
    Ok(past)
}

#[cfg(test)]
mod tests;
