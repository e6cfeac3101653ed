//! The types that a column can be stored as, and their text forms.
//!
//! AMC has more types than needed for reading results: all integers are stored as 64 bits, and arrays, maps and
//! structs as AMC's text for them. The stored type follows the declared type if all values match it; see
//! [`super::accumulator`].

use std::fmt::Write as _;

use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text, including arrays, maps and structs in AMC's text form.
    Text,
    /// 64-bit integers.
    Integer,
    /// Exact numbers, all written with `scale` decimal places.
    Decimal {
        /// Total digits: 18 or 38.
        precision: u8,
        /// Decimal places.
        scale: i8,
    },
    /// 64-bit floating point numbers.
    Double,
    Boolean,
    /// Dates, `yyyy-MM-dd`.
    Date,
    /// Instants in UTC, in microseconds.
    Timestamp {
        /// Whether AMC wrote them with a `Z`.
        zoned: bool,
        #[serde(default)]
        form: TimeForm,
    },
}

/// How the times of a column are formatted, so that they are exported unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeForm {
    /// AMC's format: a `T`, and three decimal places, or six if three aren't enough.
    #[default]
    Amc,
    /// A fixed number of decimal places, optionally with a space instead of the `T`.
    Fixed {
        /// Whether there is a space instead of the `T`.
        blank: bool,
        /// Decimal places of seconds, 0 to 6.
        digits: u8,
    },
}

impl Kind {
    /// Whether cells are right-aligned.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal { .. } | Self::Double)
    }

    /// The stored type for one of AMC's types: `LONG`, `DECIMAL(38,4)`, `ARRAY<STRING>`, case-insensitively. An
    /// unknown type is text, so new types don't fail.
    pub(super) fn declared(data_type: &str) -> Self {
        let name = data_type.trim().split(['(', '<', ' ']).next().unwrap_or_default().to_ascii_uppercase();
        match name.as_str() {
            "LONG" | "BIGINT" | "INTEGER" | "INT" | "SHORT" | "SMALLINT" | "BYTE" | "TINYINT" => Self::Integer,
            "DECIMAL" | "NUMERIC" => Self::Decimal { precision: 38, scale: 0 },
            "DOUBLE" | "FLOAT" | "REAL" => Self::Double,
            "BOOLEAN" => Self::Boolean,
            "DATE" => Self::Date,
            "TIMESTAMP" => Self::Timestamp { zoned: false, form: TimeForm::Amc },
            _ => Self::Text,
        }
    }

    pub(super) fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp { zoned, .. } => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
        }
    }

    /// A description of the column's values, and an example.
    pub(super) fn description_and_example(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("a text", "text"),
            Self::Integer => ("a whole number", "42"),
            Self::Decimal { .. } | Self::Double => ("a number", "12.5"),
            Self::Boolean => ("true or false", "true"),
            Self::Date => ("a date", "2025-01-31"),
            Self::Timestamp { .. } => ("a date and time", "2025-01-31T08:00:00"),
        }
    }
}

/// Days since 1970-01-01 of `yyyy-MM-dd`.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let date =
        NaiveDate::from_ymd_opt(digits(bytes.get(..4)?)? as i32, digits(bytes.get(5..7)?)?, digits(&bytes[8..])?)?;
    Some(date.to_epoch_days())
}

/// Microseconds since 1970 of `yyyy-MM-dd'T'HH:mm[:ss[.f]]` with one to six decimal places, and whether a `Z`
/// follows. A space may replace the `T`.
pub(super) fn parse_timestamp(text: &str) -> Option<(i64, bool)> {
    let (text, zoned) = text.strip_suffix('Z').map_or((text, false), |rest| (rest, true));
    let days = parse_date(text.get(..10)?)?;
    let time = text.as_bytes().get(10..)?;
    let (hour, minute) = (digits(time.get(1..3)?)?, digits(time.get(4..6)?)?);
    let joined = matches!(time.first(), Some(b'T' | b' ')) && time.get(3) == Some(&b':');
    let (second, micros) = match time.get(6..)? {
        [] => (0, 0),
        [b':', rest @ ..] => (digits(rest.get(..2)?)?, fraction(&rest[2..])?),
        _ => return None,
    };
    if !joined || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(days) * 86_400 + i64::from(hour * 3_600 + minute * 60 + second);
    Some((seconds * 1_000_000 + i64::from(micros), zoned))
}

fn fraction(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [] => Some(0),
        [b'.', rest @ ..] if (1..=6).contains(&rest.len()) => {
            Some(digits(rest)? * 10_u32.pow(6 - u32::try_from(rest.len()).ok()?))
        }
        _ => None,
    }
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit().then(|| number.saturating_mul(10).saturating_add(u32::from(byte - b'0')))
    })
}

/// The number in units of `10^-scale`: `12.5` with scale 2 is 1250. A zero may have an exponent.
pub(super) fn parse_decimal(text: &str, scale: i8) -> Option<i128> {
    let text = text.split_once(['e', 'E']).map_or(text, |(mantissa, _)| mantissa);
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
    let missing = usize::try_from(scale).ok()?.checked_sub(part.len())?;
    let zeros = std::iter::repeat_n(b'0', missing);
    let number = whole.bytes().chain(part.bytes()).chain(zeros).try_fold(0_i128, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    (!rest.is_empty()).then_some(sign * number)
}

/// A number as written by Java and AMC, including `NaN` and `Infinity`, but no other words.
pub(super) fn parse_double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if text.bytes().any(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn write_decimal(out: &mut String, number: i128, scale: i8) {
    let scale = usize::try_from(scale).unwrap_or(0);
    if number < 0 {
        out.push('-');
    }
    let digits = format!("{:0width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.push_str(part);
    }
}

/// The shortest text that parses as the same number; very large and very small ones with an exponent.
pub(super) fn write_double(out: &mut String, number: f64) {
    let size = number.abs();
    // OK because writing to a String cannot fail.
    let _ = if number.is_nan() {
        write!(out, "NaN")
    } else if number.is_infinite() {
        write!(out, "{}Infinity", if number < 0.0 { "-" } else { "" })
    } else if size != 0.0 && !(1e-5..1e17).contains(&size) {
        write!(out, "{number:E}")
    } else {
        write!(out, "{number}")
    };
}

pub(super) fn write_date(out: &mut String, days: i32) {
    let date = NaiveDate::from_epoch_days(days).unwrap_or_default();
    // OK because writing to a String cannot fail.
    let _ = write!(out, "{}", date.format("%Y-%m-%d"));
}

/// `yyyy-MM-dd'T'HH:mm:ss.SSS`, or in the given format.
pub(super) fn write_timestamp(out: &mut String, micros: i64, zoned: bool, form: TimeForm) {
    let (blank, digits) = match form {
        TimeForm::Amc if micros.rem_euclid(1_000) == 0 => (false, 3),
        TimeForm::Amc => (false, 6),
        TimeForm::Fixed { blank, digits } => (blank, usize::from(digits.min(6))),
    };
    let (at, joint) = (instant(micros), if blank { ' ' } else { 'T' });
    let fraction = format!("{:06}", micros.rem_euclid(1_000_000));
    // OK because writing to a String cannot fail.
    let _ = write!(out, "{}{joint}{}", at.format("%Y-%m-%d"), at.format("%H:%M:%S"));
    if digits > 0 {
        out.push('.');
        out.push_str(&fraction[..digits]);
    }
    out.push_str(if zoned { "Z" } else { "" });
}

/// For display: a space instead of the `T`, no fraction if it is zero.
pub(super) fn show_timestamp(micros: i64) -> String {
    let format = if micros.rem_euclid(1_000_000) == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.f" };
    instant(micros).format(format).to_string()
}

fn instant(micros: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn the_types_of_amc_have_kinds_in_any_case() {
        assert_eq!(Kind::declared("long"), Kind::Integer);
        assert_eq!(Kind::declared("DECIMAL(38,4)"), Kind::Decimal { precision: 38, scale: 0 });
        assert_eq!(Kind::declared("ARRAY<LONG>"), Kind::Text);
        assert_eq!(Kind::declared("SOMETHING NEW"), Kind::Text);
    }

    #[test]
    fn decimals_are_read_and_written_exactly() {
        for (text, scale, number) in [("12.5", 2, 1_250), ("-0.05", 2, -5), ("7", 0, 7), ("0E-18", 3, 0)] {
            assert_eq!(parse_decimal(text, scale), Some(number), "{text}");
        }
        assert_eq!(written(|out| write_decimal(out, -5, 2)), "-0.05");
        assert_eq!(written(|out| write_decimal(out, 1_250, 2)), "12.50");
        for odd in ["", "-", "1.234", "1,5", "x"] {
            assert_eq!(parse_decimal(odd, 2), None, "{odd}");
        }
    }

    #[test]
    fn times_are_read_with_and_without_zone_and_fraction() {
        let expected = Some((1_705_726_800_000_000, false));
        assert_eq!(parse_timestamp("2024-01-20T05:00:00.000"), expected);
        assert_eq!(parse_timestamp("2024-01-20 05:00"), expected);
        assert_eq!(parse_timestamp("2024-01-20T05:00:00Z"), Some((1_705_726_800_000_000, true)));
        assert_eq!(
            written(|out| write_timestamp(out, 1_705_726_800_000_000, true, TimeForm::Amc)),
            "2024-01-20T05:00:00.000Z"
        );
        assert_eq!(
            written(|out| write_timestamp(out, 1_705_726_800_000_001, false, TimeForm::Amc)),
            "2024-01-20T05:00:00.000001"
        );
        for odd in
            ["2024-01-20T24:00:00", "2024-02-30T00:00:00", "2024-01-20T05:00:00.", "2024-01-20X05:00", "é024-01-20T05"]
        {
            assert_eq!(parse_timestamp(odd), None, "{odd}");
        }
    }

    #[test]
    fn doubles_are_written_so_that_they_read_back_the_same() {
        for number in [0.0, 0.1, 1.0, -2.5, 1e21, 1e-9, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY] {
            let text = written(|out| write_double(out, number));
            assert_eq!(parse_double(&text), Some(number), "{text}");
        }
        assert!(parse_double("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse_double("inf"), None);
    }
}
