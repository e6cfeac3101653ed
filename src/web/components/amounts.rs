//! Formats numbers and durations for people.

use std::fmt::{self, Write as _};

use chrono::TimeDelta;

/// A number with thousands separators: `1,234,567`, `-1,234.5`. Accepts anything that prints digits, by value or
/// reference; other text is returned unchanged.
pub fn count(number: impl fmt::Display) -> String {
    let plain = number.to_string();
    let start = plain.len() - plain.trim_start_matches('-').len();
    let digits = plain[start..].bytes().take_while(u8::is_ascii_digit).count();
    let mut text = String::with_capacity(plain.len() * 4 / 3 + 1);
    for (index, character) in plain.char_indices() {
        let left = (start + digits).saturating_sub(index);
        if index > start && left > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(character);
    }
    text
}

/// The decimal places to which [`brief`] rounds.
pub const ROUNDED: usize = 4;

/// A number rounded to four decimal places, with thousands separators; very small and very large ones keep all digits.
pub fn brief(number: &str) -> String {
    let rounded = number.parse::<f64>().ok().filter(|number| (0.001..1e12).contains(&number.abs()));
    match rounded.filter(|_| number.split_once('.').is_some_and(|(_, fraction)| fraction.len() > ROUNDED)) {
        Some(rounded) => {
            let rounded = format!("{rounded:.ROUNDED$}");
            count(rounded.trim_end_matches('0').trim_end_matches('.'))
        }
        None => count(number),
    }
}

/// A duration in its two largest units: `41s`, `4m 12s`, `2h 5m`, `3d 4h`. Negative durations are zero.
pub fn duration(length: TimeDelta) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = length.num_seconds().max(0);
    let Some(at) = UNITS.iter().position(|(size, _)| seconds >= *size) else {
        return "0s".to_owned();
    };
    let (size, unit) = UNITS[at];
    let mut text = format!("{}{unit}", seconds / size);
    if let Some((smaller, unit)) = UNITS.get(at + 1) {
        let rest = seconds % size / smaller;
        if rest > 0 {
            // OK because writing to a String cannot fail.
            let _ = write!(text, " {rest}{unit}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(-123), "-123");
        assert_eq!(count(12345.25), "12,345.25");
        assert_eq!(count("é1234"), "é1234");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn long_fractions_are_rounded() {
        for (number, text) in [
            ("1.47600391772771792", "1.476"),
            ("1234.56789", "1,234.5679"),
            ("1360.5300", "1,360.5300"),
            ("0.000012345", "0.000012345"),
            ("17", "17"),
        ] {
            assert_eq!(brief(number), text);
        }
    }

    #[test]
    fn durations_say_the_two_largest_units() {
        for (seconds, text) in [
            (-5, "0s"),
            (0, "0s"),
            (41, "41s"),
            (60, "1m"),
            (252, "4m 12s"),
            (7_500, "2h 5m"),
            (273_600, "3d 4h"),
            (86_401, "1d"),
        ] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }
}
