//! Whole results as files, streamed in bounded memory.
//!
//! Values are exact: what AMC sent comes out again, with decimals to their last digit. A text such as
//! `=1+1` is kept as it is in [`CsvForm::Amc`] and in JSON, since programs read those; a spreadsheet
//! would take it for a formula, so [`CsvForm::Spreadsheet`] puts an apostrophe before it and gives up
//! exactness for safety.

use arrow::array::{Array, RecordBatch};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::cell::write_exact;
use super::column::KeptColumn;
use super::error::Error;
use super::kind::Kind;
use super::open::{Opened, Part};
use super::shelf::{Key, Shelf};

/// Rows that are decoded and written at a time.
const BATCH: usize = 1_024;

/// The bytes of a file, as they are made.
pub type Download = BoxStream<'static, Result<Bytes, Error>>;

/// How a CSV file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvForm {
    /// As AMC writes its own: comma, `"`, a backslash before a quote or a backslash within quotes,
    /// NULL as an empty field, an empty text as `""`, lines end with a line feed.
    Amc,
    /// For opening by hand: a byte order mark, doubled quotes (RFC 4180), and an apostrophe before texts
    /// that a spreadsheet would run as formulas.
    Spreadsheet,
}

impl Shelf {
    /// The result as CSV in UTF-8, a header first. An error before the first byte is given at once.
    pub async fn export_csv(&self, key: &Key, form: CsvForm) -> Result<Download, Error> {
        let opened = Opened::of(self, key).await?;
        let mut head = String::from(if form == CsvForm::Spreadsheet { "\u{feff}" } else { "" });
        for (place, column) in opened.columns.iter().enumerate() {
            separate(&mut head, place);
            write_field(&mut head, &column.name, form);
        }
        head.push('\n');
        self.written(&opened, head, "", move |out, columns, batch, _| write_csv(out, columns, batch, form))
    }

    /// The result as a JSON array with an object for each row: numbers as numbers with all their digits,
    /// dates, times and arrays as text, NULL (and floating point numbers that are none) as `null`.
    pub async fn export_json(&self, key: &Key) -> Result<Download, Error> {
        let opened = Opened::of(self, key).await?;
        self.written(&opened, "[".to_owned(), "\n]\n", write_json)
    }

    /// The kept Parquet file itself, with its size in bytes.
    pub async fn export_parquet(&self, key: &Key) -> Result<(Download, u64), Error> {
        let file = self.objects().get(&key.path()).await?;
        let size = file.meta.size;
        Ok((file.into_stream().map_err(Error::from).boxed(), size))
    }

    /// `head`, then what `write` makes of each batch and the number of rows before it, then `tail`.
    fn written(
        &self,
        opened: &Opened,
        head: String,
        tail: &'static str,
        write: impl Fn(&mut String, &[KeptColumn], &RecordBatch, u64) + Send + 'static,
    ) -> Result<Download, Error> {
        let batches = opened.read(self, &Part { column: None, rows: None, batch: BATCH })?;
        let columns = opened.columns.clone();
        let mut before = 0;
        let body = batches.map_ok(move |batch| {
            let mut out = String::new();
            write(&mut out, &columns, &batch, before);
            before += batch.num_rows() as u64;
            Bytes::from(out)
        });
        let once = |bytes| futures::stream::once(std::future::ready(Ok(bytes)));
        Ok(once(Bytes::from(head)).chain(body).chain(once(Bytes::from_static(tail.as_bytes()))).boxed())
    }
}

fn separate(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

fn write_csv(out: &mut String, columns: &[KeptColumn], batch: &RecordBatch, form: CsvForm) {
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        for (place, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
            separate(out, place);
            if array.is_null(row) {
                // OK because readers skip an empty line, and with it the row.
                out.push_str(if columns.len() == 1 { "\"\"" } else { "" });
            } else if column.kind == Kind::Text {
                text.clear();
                write_exact(&mut text, column.kind, array, row);
                write_field(out, &text, form);
            } else {
                write_exact(out, column.kind, array, row);
            }
        }
        out.push('\n');
    }
}

fn write_field(out: &mut String, text: &str, form: CsvForm) {
    let guard = form == CsvForm::Spreadsheet && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quote = text.is_empty() || text.contains([',', '"', '\n', '\r']);
    if !quote && !guard {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(if guard { "'" } else { "" });
    for character in text.chars() {
        match (character, form) {
            ('"' | '\\', CsvForm::Amc) => out.push('\\'),
            ('"', CsvForm::Spreadsheet) => out.push('"'),
            _ => {}
        }
        out.push(character);
    }
    out.push('"');
}

fn write_json(out: &mut String, columns: &[KeptColumn], batch: &RecordBatch, before: u64) {
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        out.push_str(if before == 0 && row == 0 { "\n{" } else { ",\n{" });
        for (place, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
            separate(out, place);
            write_json_text(out, &column.name);
            out.push(':');
            text.clear();
            if array.is_valid(row) {
                write_exact(&mut text, column.kind, array, row);
            }
            let no_number = column.kind == Kind::Double && !text.ends_with(|last: char| last.is_ascii_digit());
            match column.kind {
                _ if array.is_null(row) || no_number => out.push_str("null"),
                Kind::Integer | Kind::Decimal { .. } | Kind::Double | Kind::Boolean => out.push_str(&text),
                Kind::Text | Kind::Date | Kind::Timestamp { .. } => write_json_text(out, &text),
            }
        }
        out.push('}');
    }
}

fn write_json_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
