//! Time windows: parsing, and the time range they mean.

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

use crate::emulator::errors::Refusal;
use crate::emulator::json::Fields;
use crate::emulator::state::Window;

/// How far behind the current time an instance has all its data.
const LAG: TimeDelta = TimeDelta::hours(48);

/// How far back data goes, in months.
const HISTORY: Months = Months::new(13);

/// The window requested for an execution.
///
/// A start and an end without a type are taken as `EXPLICIT`.
pub(super) fn read(fields: &Fields, now: DateTime<Utc>) -> Result<Window, Refusal> {
    let text = |name| fields.text(name).map(|text| text.filter(|text| !text.trim().is_empty()));
    let (start, end) = (text("timeWindowStart")?, text("timeWindowEnd")?);
    let zone_name = text("timeWindowTimeZone")?.unwrap_or_else(|| "UTC".to_owned());
    let zone = zone(&zone_name, "timeWindowTimeZone")?;
    let kind = text("timeWindowType")?;
    match (kind.as_deref(), start, end) {
        (None | Some("EXPLICIT"), Some(start), Some(end)) => explicit((start, end), zone_name, zone),
        (Some("EXPLICIT"), ..) => Err(Refusal::bad("timeWindowStart and timeWindowEnd are required for EXPLICIT.")),
        (_, Some(_), _) | (_, _, Some(_)) => {
            Err(Refusal::bad("timeWindowStart and timeWindowEnd must be given together, and only with EXPLICIT."))
        }
        (kind, None, None) => relative(kind.unwrap_or("MOST_RECENT_DAY"), zone_name, zone, now),
    }
}

/// Refuses data version limits that don't match the window: both have the window's format, and dimensions can't be
/// older than its end. Data has only one version here, so they have no effect.
pub(super) fn check_limits(fields: &Fields, window: &Window) -> Result<(), Refusal> {
    let limit = |name| {
        let text = fields.text(name)?.filter(|text| !text.trim().is_empty());
        text.map(|text| instant(&text, Tz::UTC, name)).transpose()
    };
    limit("maxCertifiedTime")?;
    if limit("maxDimensionTime")?.is_some_and(|limit| limit < window.end) {
        return Err(Refusal::bad("maxDimensionTime must not be before timeWindowEnd."));
    }
    Ok(())
}

/// An instant given as `yyyy-MM-dd'T'HH:mm:ss` in `zone`; a final `Z` is accepted and means UTC.
pub(super) fn instant(text: &str, zone: Tz, name: &str) -> Result<DateTime<Utc>, Refusal> {
    let text = text.trim();
    let (text, zone) = match text.strip_suffix('Z') {
        Some(text) => (text, Tz::UTC),
        None => (text, zone),
    };
    let written = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
    let written = written.map_err(|_| Refusal::bad(format!("{name} must be written as yyyy-MM-dd'T'HH:mm:ss.")))?;
    local(written, zone).ok_or_else(|| Refusal::bad(format!("{name} is out of range.")))
}

/// A time zone of the tz database.
pub(super) fn zone(name: &str, field: &str) -> Result<Tz, Refusal> {
    name.trim().parse().map_err(|_| Refusal::bad(format!("{field} {name} is not known.")))
}

fn explicit(written: (String, String), zone_name: String, zone: Tz) -> Result<Window, Refusal> {
    let start = instant(&written.0, zone, "timeWindowStart")?;
    let end = instant(&written.1, zone, "timeWindowEnd")?;
    if start >= end {
        return Err(Refusal::bad("timeWindowStart must be before timeWindowEnd."));
    }
    Ok(Window { start, end, zone: zone_name, original: Some(written) })
}

/// Whole days in `zone`, up to the latest for which the instance has all data.
fn relative(kind: &str, zone_name: String, zone: Tz, now: DateTime<Utc>) -> Result<Window, Refusal> {
    let today = now.with_timezone(&zone).date_naive();
    let until = (now - LAG).with_timezone(&zone).date_naive();
    let days = |count| until.checked_sub_days(Days::new(count));
    let this_month = today.with_day(1);
    let (start, end) = match kind {
        "MOST_RECENT_DAY" => (days(1), Some(until)),
        "MOST_RECENT_WEEK" => (days(7), Some(until)),
        // OK that this is last month's first day early in a month: there is no later day with data.
        "CURRENT_MONTH" => (days(1).and_then(|day| day.with_day(1)), Some(until)),
        "PREVIOUS_MONTH" => (this_month.and_then(|first| first.checked_sub_months(Months::new(1))), this_month),
        "ALL" => (until.checked_sub_months(HISTORY), Some(until)),
        _ => return Err(Refusal::bad(format!("timeWindowType {kind} is not known."))),
    };
    let midnight = |day: Option<NaiveDate>| day.and_then(|day| local(day.and_time(NaiveTime::MIN), zone));
    let (start, end) = midnight(start).zip(midnight(end)).ok_or_else(|| Refusal::bad("The clock is out of range."))?;
    Ok(Window { start, end, zone: zone_name, original: None })
}

/// The instant of a local time: the first of two when clocks go back, the next existing one when they go forward.
fn local(written: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let ahead = |minutes| written.checked_add_signed(TimeDelta::minutes(minutes));
    // OK to search in steps of a quarter of an hour: gaps start and end at them; the longest ever was a day.
    let candidates = (0..=96).map(|quarters| ahead(quarters * 15));
    candidates.map_while(|candidate| candidate).find_map(|candidate| match zone.from_local_datetime(&candidate) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(body: &str) -> Result<Window, Refusal> {
        read(&Fields::parse(body.as_bytes()).unwrap(), at("2026-03-10T15:00:00Z"))
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_explicit_window_is_read_in_its_zone() {
        let body = r#"{"timeWindowType":"EXPLICIT","timeWindowStart":"2024-01-20T00:00:00",
            "timeWindowEnd":"2024-01-21T00:00:00","timeWindowTimeZone":"America/New_York"}"#;
        let window = window(body).unwrap();
        assert_eq!(window.start, at("2024-01-20T05:00:00Z"));
        assert_eq!(window.end, at("2024-01-21T05:00:00Z"));
        assert_eq!(window.original.unwrap().0, "2024-01-20T00:00:00");
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_next_that_exists() {
        let zone = zone("America/New_York", "zone").unwrap();
        assert_eq!(instant("2026-03-08T02:30:00", zone, "x").unwrap(), at("2026-03-08T07:00:00Z"));
        assert_eq!(instant("2026-11-01T01:30:00", zone, "x").unwrap(), at("2026-11-01T05:30:00Z"));
    }

    #[test]
    fn relative_windows_are_whole_days_that_have_their_data() {
        let ends = |kind: &str| window(&format!(r#"{{"timeWindowType":"{kind}"}}"#)).map(|w| (w.start, w.end)).unwrap();
        assert_eq!(ends("MOST_RECENT_DAY"), (at("2026-03-07T00:00:00Z"), at("2026-03-08T00:00:00Z")));
        assert_eq!(ends("MOST_RECENT_WEEK"), (at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z")));
        assert_eq!(ends("CURRENT_MONTH"), (at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z")));
        assert_eq!(ends("PREVIOUS_MONTH"), (at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z")));
        assert_eq!(ends("ALL"), (at("2025-02-08T00:00:00Z"), at("2026-03-08T00:00:00Z")));
        assert_eq!(window("{}").unwrap().start, at("2026-03-07T00:00:00Z"));
    }

    #[test]
    fn windows_that_mean_nothing_are_refused() {
        for odd in [
            r#"{"timeWindowType":"EXPLICIT","timeWindowStart":"2024-01-20","timeWindowEnd":"2024-01-21"}"#,
            r#"{"timeWindowType":"EXPLICIT","timeWindowStart":"2024-01-20T00:00:00"}"#,
            r#"{"timeWindowType":"EXPLICIT","timeWindowStart":"2024-01-21T00:00:00","timeWindowEnd":"2024-01-20T00:00:00"}"#,
            r#"{"timeWindowType":"MOST_RECENT_DAY","timeWindowStart":"2024-01-20T00:00:00"}"#,
            r#"{"timeWindowType":"TOMORROW"}"#,
            r#"{"timeWindowTimeZone":"Mars/Olympus"}"#,
        ] {
            assert!(window(odd).is_err(), "{odd}");
        }
    }
}
