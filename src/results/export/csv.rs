//! CSV output: for programs (RFC 4180), for spreadsheets, or in AMC's format.

use arrow::array::{Array, RecordBatch};

use super::Form;
use crate::results::cell::write_exact;
use crate::results::column::StoredColumn;
use crate::results::error::Error;
use crate::results::keep::other_format;
use crate::results::kind::Kind;
use crate::web::csv;

/// The column separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Comma,
    /// `;`, which spreadsheets expect in regions with a decimal comma.
    Semicolon,
    Tab,
}

impl Separator {
    fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}

/// The format of a CSV file. In all formats NULL is an empty field, empty text is `""`, and lines end with a line
/// feed. In a table with one column both are `""`, because readers skip empty lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvForm {
    /// RFC 4180: quotation marks are doubled, nothing else is changed.
    Plain(Separator),
    /// For spreadsheets: a byte order mark, doubled quotation marks, and an apostrophe before anything that would run
    /// as a formula. With semicolons, numbers have a decimal comma.
    Spreadsheet(Separator),
    /// AMC's own format: comma, `"`, a backslash before a quotation mark or a backslash within quotation marks.
    Amc,
}

impl CsvForm {
    fn separator(self) -> char {
        match self {
            Self::Plain(separator) | Self::Spreadsheet(separator) => separator.character(),
            Self::Amc => ',',
        }
    }
}

pub(super) struct Csv {
    columns: Vec<StoredColumn>,
    form: CsvForm,
}

impl Csv {
    pub(super) fn new(columns: &[StoredColumn], form: CsvForm) -> Self {
        Self { columns: columns.to_owned(), form }
    }
}

impl Form for Csv {
    fn head(&mut self) -> Result<Vec<u8>, Error> {
        let is_by_hand = matches!(self.form, CsvForm::Spreadsheet(_));
        let mut head = String::from(if is_by_hand { csv::MARK } else { "" });
        for (place, column) in self.columns.iter().enumerate() {
            separate(&mut head, self.form, place);
            let name = column.name.as_str();
            // A file that begins with such a name would not be recognized as a table when read back.
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
                separate(&mut out, self.form, place);
                if array.is_null(row) {
                    // OK because readers skip an empty line, and would lose the row.
                    out.push_str(if self.columns.len() == 1 { "\"\"" } else { "" });
                } else if column.kind == Kind::Text {
                    text.clear();
                    write_exact(&mut text, column.kind, array, row);
                    write_field(&mut out, &text, self.form, false);
                } else if column.kind.is_number() && self.form == CsvForm::Spreadsheet(Separator::Semicolon) {
                    text.clear();
                    write_exact(&mut text, column.kind, array, row);
                    out.extend(text.chars().map(|digit| if digit == '.' { ',' } else { digit }));
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

fn separate(out: &mut String, form: CsvForm, place: usize) {
    if place > 0 {
        out.push(form.separator());
    }
}

/// Writes a text, quoted if necessary; `quote` forces quotation marks.
fn write_field(out: &mut String, text: &str, form: CsvForm, quote: bool) {
    let needs_marks = quote || text.is_empty() || text.contains([',', '"', '\n', '\r']);
    match form {
        CsvForm::Spreadsheet(_) => csv::write(out, text),
        CsvForm::Plain(separator) if !quote => csv::write_plain(out, text, separator.character()),
        CsvForm::Plain(_) => {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        }
        CsvForm::Amc if needs_marks => {
            out.push('"');
            for character in text.chars() {
                out.push_str(if matches!(character, '"' | '\\') { "\\" } else { "" });
                out.push(character);
            }
            out.push('"');
        }
        CsvForm::Amc => out.push_str(text),
    }
}
