//! The result of a run, and its CSV form with a header.

use std::io::{self, Write};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;

use super::written;
use crate::amcsql::catalogue::{ColumnType, DataType};

/// The rows that a run gave.
#[derive(Clone, Debug)]
pub struct ResultSet {
    /// The columns, in order.
    pub columns: Vec<OutputColumn>,
    /// In Arrow's types for the columns' types. Without rows there may be no batch.
    pub batches: Vec<RecordBatch>,
    /// The number of rows that missed a threshold: dropped, or blanked and merged.
    pub below: usize,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name in the header.
    pub name: String,
    /// Its type; `to_string` is AMC's name of it.
    pub data_type: DataType,
    /// Dimension or metric.
    pub column_type: ColumnType,
}

/// The separator, quote and escape of a result file (AMC documentation, output format of a workflow).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvFormat {
    pub separator: char,
    /// For fields that contain the separator, the quote, the escape or a line break.
    pub quote: char,
    /// Before a quote or an escape inside a quoted field.
    pub escape: char,
}

impl Default for CsvFormat {
    fn default() -> Self {
        Self { separator: ',', quote: '"', escape: '\\' }
    }
}

impl ResultSet {
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The sum of a numeric column, by index; NULL counts as zero.
    pub fn sum(&self, column: usize) -> io::Result<f64> {
        let mut sum = 0.0;
        for batch in self.batches.iter().filter(|batch| column < batch.num_columns()) {
            let values = cast(batch.column(column), &arrow::datatypes::DataType::Float64).map_err(io::Error::other)?;
            sum += arrow::compute::sum(values.as_primitive::<Float64Type>()).unwrap_or(0.0);
        }
        Ok(sum)
    }

    /// The first rows as texts, as in a result file; `None` for NULL.
    pub fn texts(&self, most: usize) -> io::Result<Vec<Vec<Option<String>>>> {
        let mut rows = Vec::new();
        for batch in &self.batches {
            let writers = batch.columns().iter().map(|column| written::writer(column.as_ref()));
            let writers = writers.collect::<Result<Vec<_>, DataFusionError>>().map_err(io::Error::other)?;
            for row in 0..batch.num_rows().min(most.saturating_sub(rows.len())) {
                let cells = writers.iter().zip(batch.columns()).map(|(write, column)| {
                    let mut text = String::new();
                    (!written::is_null(column, row)).then(|| {
                        write(row, &mut text);
                        text
                    })
                });
                rows.push(cells.collect());
            }
        }
        Ok(rows)
    }

    /// Writes the result as AMC does: UTF-8, with a header, NULL as an empty field. Empty text is quoted to
    /// distinguish it from NULL.
    pub fn write_csv(&self, out: impl Write, format: &CsvFormat) -> io::Result<()> {
        let mut file = File { out, format };
        file.line(self.columns.iter().map(|column| Some(column.name.as_str())))?;
        for batch in &self.batches {
            file.batch(batch)?;
        }
        file.out.flush()
    }
}

struct File<'f, W> {
    out: W,
    format: &'f CsvFormat,
}

impl<W: Write> File<'_, W> {
    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let writers = batch.columns().iter().map(|column| written::writer(column.as_ref()));
        let writers = writers.collect::<Result<Vec<_>, DataFusionError>>().map_err(io::Error::other)?;
        let mut fields = vec![String::new(); writers.len()];
        for row in 0..batch.num_rows() {
            for ((field, write), column) in fields.iter_mut().zip(&writers).zip(batch.columns()) {
                field.clear();
                if !written::is_null(column, row) {
                    write(row, field);
                }
            }
            let line = fields.iter().zip(batch.columns());
            self.line(line.map(|(field, column)| (!written::is_null(column, row)).then_some(field.as_str())))?;
        }
        Ok(())
    }

    fn line<'a>(&mut self, fields: impl Iterator<Item = Option<&'a str>>) -> io::Result<()> {
        let mut line = String::new();
        for (at, field) in fields.enumerate() {
            if at > 0 {
                line.push(self.format.separator);
            }
            if let Some(field) = field {
                self.field(field, &mut line);
            }
        }
        line.push('\n');
        self.out.write_all(line.as_bytes())
    }

    fn field(&self, text: &str, line: &mut String) {
        let CsvFormat { separator, quote, escape } = *self.format;
        let special = |character: char| {
            character == separator || character == quote || character == escape || matches!(character, '\n' | '\r')
        };
        if !text.is_empty() && !text.contains(special) {
            line.push_str(text);
            return;
        }
        line.push(quote);
        for character in text.chars() {
            if character == quote || character == escape {
                line.push(escape);
            }
            line.push(character);
        }
        line.push(quote);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn written(format: &CsvFormat) -> String {
        let texts: ArrayRef =
            Arc::new(StringArray::from(vec![Some("a,b"), Some("say \"hi\""), Some("back\\slash"), None, Some("")]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4), Some(5)]));
        let column = |name: &str, data_type| OutputColumn {
            name: name.to_owned(),
            data_type,
            column_type: ColumnType::Dimension,
        };
        let result = ResultSet {
            columns: vec![column("t", DataType::String), column("n", DataType::Long)],
            batches: vec![RecordBatch::try_from_iter([("t", texts), ("n", numbers)]).unwrap()],
            below: 0,
        };
        let mut bytes = Vec::new();
        result.write_csv(&mut bytes, format).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn null_is_an_empty_field_and_an_empty_text_is_quoted() {
        let expected = "t,n\n\"a,b\",1\n\"say \\\"hi\\\"\",\n\"back\\\\slash\",3\n,4\n\"\",5\n";
        assert_eq!(written(&CsvFormat::default()), expected);
    }

    #[test]
    fn the_first_rows_are_read_as_texts() {
        let numbers = |range: std::ops::Range<i64>| {
            let column: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
            RecordBatch::try_from_iter([("n", column)]).unwrap()
        };
        let column = OutputColumn { name: "n".into(), data_type: DataType::Long, column_type: ColumnType::Metric };
        let result = ResultSet { columns: vec![column], batches: vec![numbers(0..2), numbers(2..9)], below: 0 };
        let first = |most| result.texts(most).unwrap().into_iter().flatten().flatten().collect::<Vec<_>>();
        assert_eq!((result.sum(0).unwrap(), result.sum(1).unwrap()), (36.0, 0.0));
        assert_eq!((first(3), first(0), first(99).len()), (vec!["0".into(), "1".into(), "2".into()], vec![], 9));
    }

    #[test]
    fn separator_quote_and_escape_can_be_chosen() {
        let written = written(&CsvFormat { separator: '\t', quote: '"', escape: '"' });
        assert!(written.starts_with("t\tn\na,b\t1\n\"say \"\"hi\"\"\"\t\nback\\slash\t3\n"));
    }
}
