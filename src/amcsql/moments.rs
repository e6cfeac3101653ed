//! Dates and timestamps in texts, as AMC parses them: strictly in a literal, generously in a conversion.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// `2024-01-31`, also with single digits.
pub(super) fn read_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// The text of a `TIMESTAMP` literal: `2024-01-31 10:00:00`, optionally with a fraction, a `T`, a `Z`; or a date
/// alone.
pub(super) fn read_timestamp_literal(text: &str) -> Option<NaiveDateTime> {
    const FORMS: [&str; 3] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ"];
    FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| Some(read_date(text)?.and_time(NaiveTime::MIN)))
}

/// The text of a conversion: `2024-01-31T10:00:00.000Z` and shorter forms: a space for the `T`, no fraction, no
/// seconds, no zone, no time; offsets are supported. Milliseconds in UTC.
pub(super) fn read_timestamp(text: &str) -> Option<i64> {
    if let Some(date) = read_date(text) {
        return Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    }
    let text = text.replacen(' ', "T", 1);
    if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
        return Some(time.timestamp_millis());
    }
    let bare = text.trim_end_matches(['Z', 'z']);
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok())?;
    Some(time.and_utc().timestamp_millis())
}
