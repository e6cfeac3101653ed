//! How values read for people: times, durations, counts, sizes. Every number comes with its unit.

use chrono::{DateTime, TimeDelta, Utc};

/// An instant: exact for machines, short for people. A script turns it to the reader's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instant {
    /// `2026-01-31T09:30:00Z`
    pub exact: String,
    /// `2026-01-31 09:30 UTC`
    pub short: String,
}

/// The instant in both forms, to the second and to the minute.
pub fn instant(at: DateTime<Utc>) -> Instant {
    Instant { exact: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), short: at.format("%Y-%m-%d %H:%M UTC").to_string() }
}

/// `850 ms`, `42 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`; negative spans read as nothing.
pub fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    match seconds {
        i64::MIN..=0 => format!("{} ms", span.num_milliseconds().max(0)),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// `1,234,567`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 row`, `2 rows`, `1,000 rows`.
pub fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `512 B`, `3.4 KB`, `1.2 MB`, in powers of 1,000.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if number < 1_000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_with_their_units() {
        assert_eq!(count(-1_234_567), "-1,234,567");
        assert_eq!(count(0), "0");
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(1_000, "row", "rows"), "1,000 rows");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_200_000), "1.2 MB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(duration(TimeDelta::milliseconds(850)), "850 ms");
        assert_eq!(duration(TimeDelta::seconds(185)), "3 min 05 s");
        assert_eq!(duration(TimeDelta::minutes(130)), "2 h 10 min");
        assert_eq!(duration(TimeDelta::seconds(-5)), "0 ms");
    }
}
