//! Moments as people read them, in one form on all pages: `29 Nov 2026, 18:05`.
//!
//! The server writes UTC; the script shows the reader's zone in the same form (`localise` in `static/app.js`). Months
//! have English names, as all words of the pages.

use chrono::{DateTime, NaiveDate, Utc};

/// `29 Nov 2026, 18:05`, in UTC.
pub fn date_time(at: &DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M").to_string()
}

/// `29 Nov 2026, 18:05:09`, in UTC, where moments lie close together.
pub fn date_time_exact(at: &DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M:%S").to_string()
}

/// `29 Nov 2026`: a day of whatever zone it was counted in.
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
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
}
