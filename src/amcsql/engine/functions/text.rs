//! Functions of text. Positions count characters from 1.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, Int64Array, MapBuilder, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;

use super::{Args, Native};

/// The type of a text function's result.
#[expect(clippy::unnecessary_wraps, reason = "one shape for all functions, and some can fail")]
pub(super) fn gives_text(_: &[DataType]) -> Result<DataType> {
    Ok(DataType::Utf8)
}

/// The type of a counting function's result.
#[expect(clippy::unnecessary_wraps, reason = "one shape for all functions, and some can fail")]
pub(super) fn gives_long(_: &[DataType]) -> Result<DataType> {
    Ok(DataType::Int64)
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident = $sql:literal, $returns:expr, $body:expr;)+) => {$(
        $(#[$doc])*
        pub(in super::super) static $name: LazyLock<Arc<ScalarUDF>> =
            LazyLock::new(|| Native::udf($sql, $returns, $body));
    )+};
}
pub(super) use functions;

functions! {
    /// `CONCAT(a, …)`.
    CONCAT = "amc_concat", gives_text, concat;
    /// `LENGTH(s)`, in characters.
    LENGTH = "amc_length", gives_long, |args| Ok(Arc::new(longs(&args.text(0)?, |text| text.chars().count() as i64)));
    /// `LEFT(s, n)`.
    LEFT = "amc_left", gives_text, |args| sliced(args, |text, count| text.chars().take(count).collect());
    /// `RIGHT(s, n)`.
    RIGHT = "amc_right", gives_text, |args| {
        sliced(args, |text, count| text.chars().skip(text.chars().count().saturating_sub(count)).collect())
    };
    /// `SUBSTRING(s, from [, length])`.
    SUBSTRING = "amc_substring", gives_text, substring;
    /// `TRIM(s [, characters])`.
    TRIM = "amc_trim", gives_text, |args| trimmed(args, |text, these| text.trim_matches(these));
    /// `LTRIM(s [, characters])`.
    TRIM_START = "amc_ltrim", gives_text, |args| trimmed(args, |text, these| text.trim_start_matches(these));
    /// `RTRIM(s [, characters])`.
    TRIM_END = "amc_rtrim", gives_text, |args| trimmed(args, |text, these| text.trim_end_matches(these));
    /// `REPLACE(s, find, with)`.
    REPLACE = "amc_replace", gives_text, replace;
    /// `POSITION(x IN s)` as `(x, s [, from])`.
    POSITION = "amc_position", gives_long, position;
    /// `STR_TO_MAP(s, pairs, keys)`.
    STR_TO_MAP = "amc_str_to_map", |_| Ok(map_type()), str_to_map;
}

/// Rows of several text arguments; NULL in any of them gives NULL.
pub(super) fn rows<const N: usize>(args: &Args<'_>) -> Result<impl Iterator<Item = Option<[String; N]>>> {
    let texts = (0..N).map(|place| args.text(place)).collect::<Result<Vec<_>>>()?;
    Ok((0..args.rows).map(move |row| {
        let values = texts.iter().map(|text| text.is_valid(row).then(|| text.value(row).to_owned()));
        values.collect::<Option<Vec<_>>>()?.try_into().ok()
    }))
}

fn longs(texts: &StringArray, of: impl Fn(&str) -> i64) -> Int64Array {
    texts.iter().map(|text| text.map(&of)).collect()
}

fn concat(args: &Args<'_>) -> Result<ArrayRef> {
    let texts = (0..args.len()).map(|place| args.text(place)).collect::<Result<Vec<_>>>()?;
    // Allocated at full length: a growing array exists twice while it grows.
    let bytes = |text: &StringArray| {
        text.value_offsets().last().zip(text.value_offsets().first()).map(|(end, start)| end - start)
    };
    let length: i32 = texts.iter().filter_map(bytes).fold(0, i32::saturating_add);
    let mut out = StringBuilder::with_capacity(args.rows, usize::try_from(length).unwrap_or(0));
    for row in 0..args.rows {
        if texts.iter().any(|text| text.is_null(row)) {
            out.append_null();
            continue;
        }
        for text in &texts {
            // OK because writing into memory cannot fail.
            let _ = out.write_str(text.value(row));
        }
        out.append_value("");
    }
    Ok(Arc::new(out.finish()))
}

fn sliced(args: &Args<'_>, slice: impl Fn(&str, usize) -> String) -> Result<ArrayRef> {
    let (texts, counts) = (args.text(0)?, args.long(1)?);
    let rows = texts.iter().zip(counts.iter());
    let result = rows.map(|(text, count)| Some(slice(text?, usize::try_from(count?).unwrap_or(0))));
    Ok(Arc::new(result.collect::<StringArray>()))
}

/// If the start is before the text, the missing characters count towards the length, as in the SQL standard.
fn substring(args: &Args<'_>) -> Result<ArrayRef> {
    let (texts, starts) = (args.text(0)?, args.long(1)?);
    let lengths = if args.len() > 2 { Some(args.long(2)?) } else { None };
    let result = (0..args.rows).map(|row| {
        let absent = texts.is_null(row) || starts.is_null(row) || lengths.as_ref().is_some_and(|it| it.is_null(row));
        if absent {
            return None;
        }
        let start = starts.value(row);
        let end = lengths.as_ref().map_or(i64::MAX, |lengths| start.saturating_add(lengths.value(row)));
        let skipped = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX);
        let taken = usize::try_from(end.saturating_sub(start.max(1))).unwrap_or(0);
        Some(texts.value(row).chars().skip(skipped).take(taken).collect::<String>())
    });
    Ok(Arc::new(result.collect::<StringArray>()))
}

fn trimmed(args: &Args<'_>, trim: for<'t> fn(&'t str, &[char]) -> &'t str) -> Result<ArrayRef> {
    let texts = args.text(0)?;
    let these = if args.len() > 1 { Some(args.text(1)?) } else { None };
    let result = (0..args.rows).map(|row| {
        let characters: Vec<char> = match &these {
            None => vec![' '],
            Some(these) if these.is_null(row) => return None,
            Some(these) => these.value(row).chars().collect(),
        };
        texts.is_valid(row).then(|| trim(texts.value(row), &characters).to_owned())
    });
    Ok(Arc::new(result.collect::<StringArray>()))
}

fn replace(args: &Args<'_>) -> Result<ArrayRef> {
    let mut made = args.making();
    let result = rows::<3>(args)?.map(|row| {
        let Some([text, find, with]) = row else { return Ok(None) };
        if find.is_empty() {
            return Ok(Some(text));
        }
        made.add(text.len().saturating_add(text.matches(&find).count().saturating_mul(with.len())))?;
        Ok(Some(text.replace(&find, &with)))
    });
    Ok(Arc::new(result.collect::<Result<StringArray>>()?))
}

fn position(args: &Args<'_>) -> Result<ArrayRef> {
    let (needles, texts) = (args.text(0)?, args.text(1)?);
    let starts = if args.len() > 2 { Some(args.long(2)?) } else { None };
    let result = (0..args.rows).map(|row| {
        let from = match &starts {
            Some(starts) if starts.is_null(row) => return None,
            Some(starts) => starts.value(row).max(1),
            None => 1,
        };
        (needles.is_valid(row) && texts.is_valid(row)).then(|| found(needles.value(row), texts.value(row), from))
    });
    Ok(Arc::new(result.collect::<Int64Array>()))
}

fn found(needle: &str, text: &str, from: i64) -> i64 {
    let skipped = usize::try_from(from - 1).unwrap_or(usize::MAX);
    let Some(rest) = text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(skipped) else { return 0 };
    match text[rest..].find(needle) {
        Some(at) => text[..rest + at].chars().count() as i64 + 1,
        None => 0,
    }
}

fn map_type() -> DataType {
    let key = Field::new("key", DataType::Utf8, false);
    let value = Field::new("value", DataType::Utf8, true);
    let entries = DataType::Struct(Fields::from(vec![key, value]));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// A part without the second separator is a key without a value; of duplicate keys the last one counts.
fn str_to_map(args: &Args<'_>) -> Result<ArrayRef> {
    let names =
        arrow::array::MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let mut out = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for row in rows::<3>(args)? {
        let Some([text, pairs, keys]) = row else {
            out.append(false)?;
            continue;
        };
        let mut entries: Vec<(&str, Option<&str>)> = Vec::new();
        let parts: Vec<&str> = if pairs.is_empty() { vec![&text] } else { text.split(&pairs).collect() };
        for part in parts {
            let entry = match part.split_once(keys.as_str()) {
                Some((key, value)) if !keys.is_empty() => (key, Some(value)),
                _ => (part, None),
            };
            match entries.iter_mut().find(|(key, _)| *key == entry.0) {
                Some(same) => *same = entry,
                None => entries.push(entry),
            }
        }
        for (key, value) in entries {
            out.keys().append_value(key);
            out.values().append_option(value);
        }
        out.append(true)?;
    }
    Ok(Arc::new(out.finish()))
}
