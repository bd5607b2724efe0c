//! Times as people write them.

use jiff::{SignedDuration, Timestamp, Zoned, civil};

/// How long.
pub(super) fn span(text: &str) -> Result<SignedDuration, String> {
    let span: SignedDuration = text
        .parse()
        .map_err(|_| "not a time span, write it like 30s, 10m or 2h".to_owned())?;
    if span.is_negative() {
        Err("must not be negative".to_owned())
    } else {
        Ok(span)
    }
}

/// A moment: so long ago, or a date and time, or a time of today, where there is no zone in that of
/// this machine.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    moment(text, &Zoned::now())
}

fn moment(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    const WRONG: &str = "neither a time span like 10m, nor a time like 05:12, \
        \"2026-11-22 05:12\" or 2026-11-22T05:12:09Z";
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if !text.contains(':') && text.parse::<SignedDuration>().is_ok() {
        let ago = now.timestamp().checked_sub(span(text)?);
        return ago.map_err(|_| "too long ago".to_owned());
    }
    let date = text.parse::<civil::DateTime>();
    let date = date.or_else(|_| text.parse().map(|time| now.date().to_datetime(time)));
    let zoned = date.and_then(|date| date.to_zoned(now.time_zone().clone()));
    zoned.map(|at| at.timestamp()).map_err(|_| WRONG.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_read_as_people_write_them() {
        assert_eq!(span("10m"), Ok(SignedDuration::from_mins(10)));
        assert_eq!(span("1h30m"), Ok(SignedDuration::from_mins(90)));
        assert!(span("soon").is_err());
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
        for wrong in ["soon", "-5m", "25:00", "2026-13-01", ""] {
            check(wrong, None);
        }
    }
}
