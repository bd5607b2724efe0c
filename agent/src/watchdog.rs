//! Tells systemd that the loop goes round, so that an agent that hangs is started again.

use std::time::{Duration, Instant};

/// What the loop touches each time it has got through its upkeep.
#[derive(Default)]
pub struct Watchdog {
    wanted: Option<Wanted>,
}

struct Wanted {
    every: Duration,
    due: Option<Instant>,
    tell: Box<dyn Fn()>,
}

impl Watchdog {
    /// `limit` is after how long a silent agent is ended; without one nobody watches.
    pub fn new(limit: Option<Duration>, tell: impl Fn() + 'static) -> Self {
        let wanted = limit.map(|limit| Wanted {
            // So that one that comes late does not end it.
            every: limit / 3,
            due: None,
            tell: Box::new(tell),
        });
        Self { wanted }
    }

    pub fn tick(&mut self, now: Instant) {
        if let Some(wanted) = &mut self.wanted
            && wanted.due.is_none_or(|due| due <= now)
        {
            wanted.due = Some(now + wanted.every);
            (wanted.tell)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    #[test]
    fn it_tells_three_times_in_the_limit() {
        let told = Rc::new(Cell::new(0));
        let count = Rc::clone(&told);
        let limit = Duration::from_secs(60);
        let mut watchdog = Watchdog::new(Some(limit), move || count.set(count.get() + 1));
        let start = Instant::now();
        for second in 0..60 {
            watchdog.tick(start + Duration::from_secs(second));
        }
        assert_eq!(told.get(), 3);
    }

    #[test]
    fn where_nobody_watches_nobody_is_told() {
        let mut watchdog = Watchdog::new(None, || panic!("told"));
        watchdog.tick(Instant::now());
    }
}
