//! Rows as a JSON array of objects.
//!
//! Most JSON readers store numbers as 64-bit doubles. So a column with numbers that a double would change is written
//! as text in every row: integers beyond ±(2^53 - 1), and decimals of more than fifteen digits. Text for single
//! values only would surprise readers in the millionth row.

use arrow::array::{Array, RecordBatch};

use super::Form;
use crate::results::cell::write_exact;
use crate::results::column::StoredColumn;
use crate::results::error::Error;
use crate::results::kind::Kind;
use crate::results::open::Opened;

/// The largest integer up to which doubles are exact (RFC 8259, section 6).
const MOST_WHOLE: i64 = (1 << 53) - 1;
/// Digits of a decimal that every double preserves.
const DIGITS: u32 = 15;

pub(super) struct Json {
    columns: Vec<StoredColumn>,
    /// For each column, whether its numbers are written as text.
    as_text: Vec<bool>,
    is_first: bool,
}

impl Json {
    pub(super) fn new(opened: &Opened) -> Self {
        let as_text = (0..opened.columns.len()).map(|place| is_beyond(opened, place)).collect();
        Self { columns: opened.columns.clone(), as_text, is_first: true }
    }
}

/// Whether a double can't hold all numbers of a column; true if the file doesn't tell.
fn is_beyond(opened: &Opened, place: usize) -> bool {
    let column = &opened.columns[place];
    let is_small = |most: i64| {
        let fits = |number: i64| (-most..=most).contains(&number);
        column.nulls == opened.rows
            || opened.extremes(place).is_some_and(|(least, greatest)| fits(least) && fits(greatest))
    };
    match column.kind {
        Kind::Integer => !is_small(MOST_WHOLE),
        Kind::Decimal { .. } => !is_small(10_i64.pow(DIGITS) - 1),
        _ => false,
    }
}

impl Form for Json {
    fn head(&mut self) -> Result<Vec<u8>, Error> {
        Ok(b"[".to_vec())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        let (mut out, mut text) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            out.push_str(if self.is_first { "\n{" } else { ",\n{" });
            self.is_first = false;
            for (place, (column, array)) in self.columns.iter().zip(batch.columns()).enumerate() {
                let as_text = self.as_text.get(place) == Some(&true);
                if place > 0 {
                    out.push(',');
                }
                write_text(&mut out, &column.name);
                out.push(':');
                text.clear();
                if array.is_valid(row) {
                    write_exact(&mut text, column.kind, array, row);
                }
                let no_number = column.kind == Kind::Double && !text.ends_with(|last: char| last.is_ascii_digit());
                match column.kind {
                    _ if array.is_null(row) || no_number => out.push_str("null"),
                    _ if as_text => write_text(&mut out, &text),
                    Kind::Integer | Kind::Decimal { .. } | Kind::Double | Kind::Boolean => out.push_str(&text),
                    Kind::Text | Kind::Date | Kind::Timestamp { .. } => write_text(&mut out, &text),
                }
            }
            out.push('}');
        }
        Ok(out.into_bytes())
    }

    fn tail(&mut self) -> Result<Vec<u8>, Error> {
        Ok(b"\n]\n".to_vec())
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
