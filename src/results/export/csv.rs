//! Rows as CSV, as AMC writes it or as spreadsheets want it.

use arrow::array::{Array, RecordBatch};

use super::Form;
use crate::results::cell::write_exact;
use crate::results::column::KeptColumn;
use crate::results::error::Error;
use crate::results::keep::other_format;
use crate::results::kind::Kind;
use crate::web::csv;

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

pub(super) struct Csv {
    columns: Vec<KeptColumn>,
    form: CsvForm,
}

impl Csv {
    pub(super) fn new(columns: &[KeptColumn], form: CsvForm) -> Self {
        Self { columns: columns.to_owned(), form }
    }
}

impl Form for Csv {
    fn head(&mut self) -> Result<Vec<u8>, Error> {
        let mut head = String::from(if self.form == CsvForm::Spreadsheet { csv::MARK } else { "" });
        for (place, column) in self.columns.iter().enumerate() {
            separate(&mut head, place);
            let name = column.name.as_str();
            // A file that began with such a name would not be taken for a table again.
            let is_start = place == 0 && (name.starts_with('\u{feff}') || other_format(name.as_bytes()).is_some());
            write_field(&mut head, name, self.form, is_start);
        }
        head.push('\n');
        Ok(head.into_bytes())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        let (mut out, mut text) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            for (place, (column, array)) in self.columns.iter().zip(batch.columns()).enumerate() {
                separate(&mut out, place);
                if array.is_null(row) {
                    // OK because readers skip an empty line, and with it the row.
                    out.push_str(if self.columns.len() == 1 { "\"\"" } else { "" });
                } else if column.kind == Kind::Text {
                    text.clear();
                    write_exact(&mut text, column.kind, array, row);
                    write_field(&mut out, &text, self.form, false);
                } else {
                    write_exact(&mut out, column.kind, array, row);
                }
            }
            out.push('\n');
        }
        Ok(out.into_bytes())
    }

    fn tail(&mut self) -> Result<Vec<u8>, Error> {
        Ok(Vec::new())
    }
}

fn separate(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

/// Writes a text, in quotes where it needs them or, as AMC writes, `quote` says so.
fn write_field(out: &mut String, text: &str, form: CsvForm, quote: bool) {
    if form == CsvForm::Spreadsheet {
        csv::write(out, text);
    } else if quote || text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        for character in text.chars() {
            out.push_str(if matches!(character, '"' | '\\') { "\\" } else { "" });
            out.push(character);
        }
        out.push('"');
    } else {
        out.push_str(text);
    }
}
