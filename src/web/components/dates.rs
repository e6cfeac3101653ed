//! Dates and times for people, in one format on all pages: `29 Nov 2026, 18:05`; and parsing of form values.
//!
//! The server writes UTC; the script converts to the reader's zone in the same format (`localise` in
//! `static/app.js`). Months have English names.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// `29 Nov 2026, 18:05`, in UTC.
pub fn date_time(at: &DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M").to_string()
}

/// `29 Nov 2026, 18:05:09`, in UTC, for times that are close together.
pub fn date_time_exact(at: &DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M:%S").to_string()
}

/// `29 Nov 2026`: a day in the zone in which it was computed.
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// Inclusive days: `8–14 Nov 2026`, `31 Oct – 6 Nov 2026`, `28 Dec 2025 – 3 Jan 2026`, `8 Nov 2026`.
pub fn days(first: NaiveDate, last: NaiveDate) -> String {
    let same = |part: &str| first.format(part).to_string() == last.format(part).to_string();
    if first == last {
        date(first)
    } else if same("%b %Y") {
        format!("{}–{}", first.format("%-d"), date(last))
    } else if same("%Y") {
        format!("{} – {}", first.format("%-d %b"), date(last))
    } else {
        format!("{} – {}", date(first), date(last))
    }
}

/// Parses a date as sent by browsers: `2026-11-29`.
pub fn read_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// Parses a date and time without a zone, as sent by browsers and typed by people: `2026-11-29T18:05`, with optional
/// seconds, with a space instead of the `T`, or a date alone, which means midnight.
pub fn read_date_time(text: &str) -> Option<NaiveDateTime> {
    const FORMS: [&str; 4] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let midnight = || read_date(text).map(|day| day.and_time(NaiveTime::MIN));
    FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).or_else(midnight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_the_same_everywhere() {
        let at: DateTime<Utc> = "2026-09-05T08:05:09Z".parse().unwrap();
        assert_eq!(date_time(&at), "5 Sep 2026, 08:05");
        assert_eq!(date_time_exact(&at), "5 Sep 2026, 08:05:09");
        assert_eq!(date(at.date_naive()), "5 Sep 2026");
    }

    #[test]
    fn days_name_month_and_year_once_where_they_are_the_same() {
        let day = |text: &str| text.parse().unwrap();
        for (first, last, text) in [
            ("2026-11-08", "2026-11-08", "8 Nov 2026"),
            ("2026-11-08", "2026-11-14", "8–14 Nov 2026"),
            ("2026-10-31", "2026-11-06", "31 Oct – 6 Nov 2026"),
            ("2025-12-28", "2026-01-03", "28 Dec 2025 – 3 Jan 2026"),
            ("2025-11-08", "2026-11-08", "8 Nov 2025 – 8 Nov 2026"),
        ] {
            assert_eq!(days(day(first), day(last)), text);
        }
    }

    #[test]
    fn what_forms_send_is_read_with_and_without_its_time() {
        let read = |text| read_date_time(text).map(|time| time.to_string());
        for text in ["2026-11-29T18:05", "2026-11-29T18:05:00", "2026-11-29 18:05", "2026-11-29 18:05:00"] {
            assert_eq!(read(text).as_deref(), Some("2026-11-29 18:05:00"), "{text}");
        }
        assert_eq!(read("2026-11-29").as_deref(), Some("2026-11-29 00:00:00"));
        for odd in ["", "2026-11-31", "2026-11-29T18:05Z", "29 Nov 2026", "2026-11-29T24:00"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
