//! `FORMAT(value, pattern)`: Java patterns, for numbers `#,##0.00` and for times `yyyy-MM-dd HH:mm`.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, StringArray};
use chrono::{DateTime, NaiveDateTime};
use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;

use super::text::{functions, gives_text};
use super::{Args, Native};

functions! {
    /// `FORMAT(value, pattern)`.
    FORMAT = "amc_format", gives_text, format;
}

fn format(args: &Args<'_>) -> Result<ArrayRef> {
    let (value, patterns) = (args.array(0)?, args.text(1)?);
    let kind = value.data_type();
    let shown: Vec<Option<String>> = if kind.is_temporal() {
        let times = args.timestamp(0)?;
        let moments = times.iter().map(|millis| DateTime::from_timestamp_millis(millis?).map(|it| it.naive_utc()));
        moments.zip(patterns.iter()).map(|(time, pattern)| Some(formatted_time(time?, pattern?))).collect()
    } else if kind.is_numeric() {
        let numbers = args.double(0)?;
        numbers.iter().zip(patterns.iter()).map(|(number, pattern)| Some(formatted_number(number?, pattern?))).collect()
    } else {
        let texts = args.text(0)?;
        (0..texts.len()).map(|row| texts.is_valid(row).then(|| texts.value(row).to_owned())).collect()
    };
    Ok(Arc::new(shown.into_iter().collect::<StringArray>()))
}

/// Formats a number: `0` digits are always shown, `#` digits only if present, a comma groups thousands; other text is
/// kept.
fn formatted_number(number: f64, pattern: &str) -> String {
    let is_digit = |character: char| matches!(character, '#' | '0' | ',' | '.');
    let start = pattern.find(is_digit).unwrap_or(pattern.len());
    let end = pattern.rfind(is_digit).map_or(pattern.len(), |at| at + 1);
    let Some(digits) = pattern.get(start..end).filter(|digits| !digits.is_empty()) else {
        return format!("{pattern}{number}");
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = fraction.len().min(15);
    let least = fraction.matches('0').count().min(places);
    let shown = format!("{:.places$}", number.abs());
    let (shown_whole, shown_fraction) = shown.split_once('.').unwrap_or((&shown, ""));
    let kept = shown_fraction.trim_end_matches('0').len().max(least);
    let width = whole.matches('0').count();
    let shown_whole = if width == 0 && shown_whole == "0" { "" } else { shown_whole };
    let padded = format!("{shown_whole:0>width$}");
    let grouped = if whole.contains(',') { thousands(&padded) } else { padded };
    let point = if kept > 0 { "." } else { "" };
    let sign = if number < 0.0 { "-" } else { "" };
    let fraction = shown_fraction.get(..kept).unwrap_or_default();
    format!("{}{sign}{grouped}{point}{fraction}{}", &pattern[..start], &pattern[end..])
}

fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Formats a time with the letters of Java's `SimpleDateFormat`; quoted text is kept.
fn formatted_time(time: NaiveDateTime, pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if letter == '\'' {
            let (text, after) = rest[1..].split_once('\'').unwrap_or((&rest[1..], ""));
            out.push_str(if text.is_empty() { "'" } else { text });
            rest = after;
            continue;
        }
        let length = rest.find(|other| other != letter).unwrap_or(rest.len());
        let count = length / letter.len_utf8();
        match specifier(letter, count) {
            Some(specifier) => out.push_str(&time.format(specifier).to_string()),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out
}

fn specifier(letter: char, count: usize) -> Option<&'static str> {
    Some(match (letter, count) {
        ('y', 2) => "%y",
        ('y', _) => "%Y",
        ('M', 1) => "%-m",
        ('M', 2) => "%m",
        ('M', 3) => "%b",
        ('M', _) => "%B",
        ('d', 1) => "%-d",
        ('d', _) => "%d",
        ('H', 1) => "%-H",
        ('H', _) => "%H",
        ('h', 1) => "%-I",
        ('h', _) => "%I",
        ('m', 1) => "%-M",
        ('m', _) => "%M",
        ('s', 1) => "%-S",
        ('s', _) => "%S",
        ('S', _) => "%3f",
        ('E', 1..=3) => "%a",
        ('E', _) => "%A",
        ('a', _) => "%p",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_pattern() {
        assert_eq!(formatted_number(1_234_567.891, "#,##0.00"), "1,234,567.89");
        assert_eq!(formatted_number(-0.5, "0.0#%"), "-0.5%");
        assert_eq!(formatted_number(7.0, "000"), "007");
        assert_eq!(formatted_number(7.0, "$#.##"), "$7");
    }

    #[test]
    fn times_follow_the_pattern() {
        let time = "2024-01-05T07:08:09".parse().unwrap();
        assert_eq!(formatted_time(time, "yyyy-MM-dd 'at' H:mm"), "2024-01-05 at 7:08");
    }
}
