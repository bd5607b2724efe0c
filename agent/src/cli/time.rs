//! Times as people write them.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, Zoned, civil};

/// How long. A day has 24 hours.
pub(super) fn span(text: &str) -> Result<SignedDuration, String> {
    let span = duration(text).ok_or("not a time span, write it like 30s, 10m, 2h or 1d")?;
    if span.is_negative() {
        Err("must not be negative".to_owned())
    } else {
        Ok(span)
    }
}

fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

/// A moment: so long ago, or a date and time, or a time of today, where there is no zone in that of
/// this machine.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    moment(text, &Zoned::now())
}

fn moment(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    const WRONG: &str = "neither a time span like 10m or 2d, nor a time like 05:12, \
        \"2026-11-22 05:12\" or 2026-11-22T05:12:09Z";
    if let Ok(time) = text.parse::<Timestamp>() {
        return has_been(time, now);
    }
    let long = text.strip_prefix('-').unwrap_or(text);
    let long = long.strip_suffix("ago").unwrap_or(long).trim_end();
    if !text.contains(':')
        && let Some(ago) = duration(long)
    {
        let ago = now.timestamp().checked_sub(ago);
        return ago.map_err(|_| "too long ago".to_owned());
    }
    // The library takes a number alone for an hour.
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WRONG.to_owned());
    }
    let midnight = |date: civil::Date| Ok(date.at(0, 0, 0, 0));
    let date = match text {
        "today" => midnight(now.date()),
        "yesterday" => now.date().yesterday().and_then(midnight),
        _ => text.parse::<civil::DateTime>(),
    };
    let date = date.or_else(|_| text.parse().map(|time| now.date().to_datetime(time)));
    let zoned = date.and_then(|date| date.to_zoned(now.time_zone().clone()));
    let found = zoned.map_err(|_| WRONG.to_owned())?;
    has_been(found.timestamp(), now)
}

/// Nothing is younger than a moment that is still to come.
fn has_been(moment: Timestamp, now: &Zoned) -> Result<Timestamp, String> {
    if moment > now.timestamp() {
        return Err("still to come: a time of another day has its date".to_owned());
    }
    Ok(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_read_as_people_write_them() {
        assert_eq!(span("10m"), Ok(SignedDuration::from_mins(10)));
        assert_eq!(span("1h30m"), Ok(SignedDuration::from_mins(90)));
        assert_eq!(span("1d"), Ok(SignedDuration::from_hours(24)));
        assert_eq!(span("2w"), Ok(SignedDuration::from_hours(14 * 24)));
        assert!(span("soon").is_err());
        assert!(span("1mo").is_err());
        assert!(span("-5m").is_err());
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let now: Zoned = "2026-11-22T12:00:00+02:00[+02:00]".parse().unwrap();
        let found = moment(text, &now).map(|time| time.to_string());
        assert_eq!(found.ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn moments_are_spans_dates_and_times() {
        check("10m", Some("2026-11-22T09:50:00Z"));
        check("2026-11-22T05:12:09Z", Some("2026-11-22T05:12:09Z"));
        check("2026-11-22T05:12:09+01:00", Some("2026-11-22T04:12:09Z"));
        check("2026-11-22 05:12", Some("2026-11-22T03:12:00Z"));
        check("2026-11-21", Some("2026-11-20T22:00:00Z"));
        check("05:12", Some("2026-11-22T03:12:00Z"));
        check("05:12:30", Some("2026-11-22T03:12:30Z"));
        check("-10m", Some("2026-11-22T09:50:00Z"));
        check("10 min ago", Some("2026-11-22T09:50:00Z"));
        check("2d", Some("2026-11-20T10:00:00Z"));
        check("today", Some("2026-11-21T22:00:00Z"));
        check("yesterday", Some("2026-11-20T22:00:00Z"));
        for wrong in [
            "soon",
            "25:00",
            "2026-13-01",
            "",
            "10",
            "23:55",
            "2026-11-23",
        ] {
            check(wrong, None);
        }
    }
}
