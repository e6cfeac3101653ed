//! Writes a result as JSON: an array with an object for each row.

use std::io::{self, Write};

use arrow::array::Array;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;

use super::result::ResultSet;
use super::written;

impl ResultSet {
    /// Writes the result as a JSON array: numbers with all their digits, NULL as `null`, everything else as its text
    /// in a result file.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        let names: Vec<String> =
            self.columns.iter().map(|column| serde_json::Value::from(column.name.as_str()).to_string()).collect();
        out.write_all(b"[")?;
        let mut first = true;
        for batch in &self.batches {
            write_batch(&mut out, batch, &names, &mut first)?;
        }
        out.write_all(b"\n]\n")?;
        out.flush()
    }
}

fn write_batch(out: &mut impl Write, batch: &RecordBatch, names: &[String], first: &mut bool) -> io::Result<()> {
    let writers = batch.columns().iter().map(|column| written::writer(column.as_ref()));
    let writers = writers.collect::<Result<Vec<_>, DataFusionError>>().map_err(io::Error::other)?;
    let mut value = String::new();
    for row in 0..batch.num_rows() {
        out.write_all(if *first { b"\n{" } else { b",\n{" })?;
        *first = false;
        for (at, ((column, write), name)) in batch.columns().iter().zip(&writers).zip(names).enumerate() {
            value.clear();
            if column.is_null(row) {
                value.push_str("null");
            } else {
                write(row, &mut value);
            }
            let plain = column.is_null(row) || is_plain(column.data_type(), &value);
            let text = if plain { value.clone() } else { serde_json::Value::from(value.as_str()).to_string() };
            write!(out, "{}{name}: {text}", if at > 0 { ", " } else { "" })?;
        }
        out.write_all(b"}")?;
    }
    Ok(())
}

/// Whether the text is valid JSON: booleans, and finite numbers.
fn is_plain(data_type: &DataType, text: &str) -> bool {
    let is_number = data_type.is_numeric();
    *data_type == DataType::Boolean || (is_number && text.bytes().last().is_some_and(|byte| byte.is_ascii_digit()))
}
