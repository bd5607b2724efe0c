//! Lines that a child process prints, collected by a thread, waited for with a deadline.

use std::{
    io::{BufRead, BufReader, Read},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

#[derive(Clone)]
pub struct Lines(Arc<(Mutex<Collected>, Condvar)>);

#[derive(Default)]
struct Collected {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Collects until the end of `reader`.
    pub fn of(reader: impl Read + Send + 'static) -> Self {
        let shared = Self(Arc::default());
        let writer = shared.clone();
        thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                writer.update(|collected| collected.lines.push(line));
            }
            writer.update(|collected| collected.ended = true);
        });
        shared
    }

    /// How many lines there are by now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().lines.len()
    }

    /// Every line from number `from` on.
    #[must_use]
    pub fn since(&self, from: usize) -> Vec<String> {
        self.lock().lines.iter().skip(from).cloned().collect()
    }

    /// Waits for the first line from number `from` on that `pick` takes; gives its number as well.
    ///
    /// # Errors
    /// If the output ends or the time is over before there is one; shows what came instead.
    pub fn wait_for<T>(
        &self,
        from: usize,
        patience: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<(usize, T)> {
        let deadline = Instant::now() + patience;
        let mut next = from;
        let mut collected = self.lock();
        loop {
            while let Some(line) = collected.lines.get(next) {
                if let Some(picked) = pick(line) {
                    return Ok((next, picked));
                }
                next += 1;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if collected.ended || left.is_zero() {
                let why = if collected.ended {
                    "the output ended"
                } else {
                    "the time is over"
                };
                let seen: Vec<_> = collected
                    .lines
                    .iter()
                    .skip(from)
                    .map(String::as_str)
                    .collect();
                bail!("{why}; lines since: {}", seen.join("\n  "));
            }
            collected = self.wait(collected, left);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        guard: MutexGuard<'a, Collected>,
        time: Duration,
    ) -> MutexGuard<'a, Collected> {
        let waited = self.0.1.wait_timeout(guard, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn update(&self, change: impl FnOnce(&mut Collected)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(wanted: &str) -> impl FnMut(&str) -> Option<()> {
        move |line| (line == wanted).then_some(())
    }

    #[test]
    fn a_line_is_found_from_a_place_on() {
        let lines = Lines::of(&b"one\ntwo\none\n"[..]);
        let patience = Duration::from_secs(10);
        assert_eq!(lines.wait_for(0, patience, is("one")).unwrap().0, 0);
        assert_eq!(lines.wait_for(1, patience, is("one")).unwrap().0, 2);
        let error = lines.wait_for(2, patience, is("two")).unwrap_err();
        assert_eq!(error.to_string(), "the output ended; lines since: one");
        assert_eq!(lines.since(1), ["two", "one"]);
    }

    #[test]
    fn patience_ends() {
        let (reading, _writing) = std::io::pipe().unwrap();
        let error = Lines::of(reading)
            .wait_for(0, Duration::from_millis(1), is("x"))
            .unwrap_err();
        assert!(error.to_string().starts_with("the time is over"));
    }
}
