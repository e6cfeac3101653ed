//! Rows as a JSON array of objects.

use arrow::array::{Array, RecordBatch};

use super::Form;
use crate::results::cell::write_exact;
use crate::results::column::KeptColumn;
use crate::results::error::Error;
use crate::results::kind::Kind;

pub(super) struct Json {
    columns: Vec<KeptColumn>,
    is_first: bool,
}

impl Json {
    pub(super) fn new(columns: &[KeptColumn]) -> Self {
        Self { columns: columns.to_owned(), is_first: true }
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
