//! The kernel's time since boot → the time of day.

use jiff::Timestamp;
use nix::time::{ClockId, clock_gettime};

/// The time of day at boot, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    boot: i128,
}

impl Clock {
    /// Reads both clocks. Read again now and then: the time of day is corrected, the time since boot
    /// is not.
    pub fn read() -> Self {
        let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |t| {
            i128::from(t.tv_sec()) * 1_000_000_000 + i128::from(t.tv_nsec())
        });
        Self::booted_at(Timestamp::now().as_nanosecond() - since_boot)
    }

    pub fn booted_at(nanoseconds: i128) -> Self {
        Self { boot: nanoseconds }
    }

    /// RFC 3339 in UTC with microseconds.
    pub fn time_of_day(self, since_boot: u64) -> String {
        let time = Timestamp::from_nanosecond(self.boot + i128::from(since_boot));
        format(time.unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

/// RFC 3339 in UTC with microseconds.
pub fn format(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// The time now, as [`format()`] writes it.
pub fn now() -> String {
    format(Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_since_boot_becomes_time_of_day() {
        let clock = Clock::booted_at(1_795_324_329_000_000_000);
        assert_eq!(
            clock.time_of_day(402_113_999),
            "2026-11-22T05:12:09.402113Z"
        );
        assert_eq!(
            clock.time_of_day(1_000_000_000),
            "2026-11-22T05:12:10.000000Z"
        );
    }

    #[test]
    fn the_clock_read_is_the_clock_of_now() {
        let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME).unwrap();
        let now = Clock::read().time_of_day(since_boot.tv_sec() as u64 * 1_000_000_000);
        let now: Timestamp = now.parse().unwrap();
        assert!(now.duration_until(Timestamp::now()).as_secs().abs() <= 2);
    }
}
