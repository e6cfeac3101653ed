//! Writes results to files, in the requested number of parts.

use std::fs::File;
use std::io::{self, BufWriter};

use arrow::record_batch::RecordBatch;

use crate::amcsql::engine::{CsvFormat, ResultSet};
use crate::emulator::analytics::{ResultFiles, Work};

/// Writes the rows of `result` in consecutive parts, each with a header.
pub(super) fn write(work: &Work, result: ResultSet) -> io::Result<ResultFiles> {
    let format = &work.format;
    let format = CsvFormat {
        separator: char::from(format.separator),
        quote: char::from(format.quote),
        escape: char::from(format.escape),
    };
    let rows = if work.header_only { 0 } else { result.rows() };
    let parts = work.parts.max(1);
    let in_each = rows.div_ceil(parts);
    let mut files = Vec::with_capacity(parts);
    for part in 0..parts {
        let from = (part * in_each).min(rows);
        let batches = slice(&result.batches, from, (from + in_each).min(rows));
        let name = format!("part-{part:05}.csv");
        let file = BufWriter::new(File::create(work.folder.join(&name))?);
        ResultSet { columns: result.columns.clone(), batches, below: 0 }.write_csv(file, &format)?;
        files.push(name);
    }
    let columns = result.columns.iter();
    let columns = columns.map(|column| super::output_column(&column.name, &column.data_type, column.column_type));
    Ok(ResultFiles { columns: columns.collect(), files, rows: rows as u64 })
}

/// The rows from `from` up to `until`, counted over all batches.
fn slice(batches: &[RecordBatch], from: usize, until: usize) -> Vec<RecordBatch> {
    let mut start = 0;
    let mut slices = Vec::new();
    for batch in batches {
        let end = start + batch.num_rows();
        let (first, last) = (from.max(start), until.min(end));
        if first < last {
            slices.push(batch.slice(first - start, last - first));
        }
        start = end;
    }
    slices
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    #[test]
    fn slices_over_batches_hold_every_row_once() {
        let batch = |range: std::ops::Range<i64>| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
            RecordBatch::try_from_iter([("n", numbers)]).unwrap()
        };
        let batches = [batch(0..3), batch(3..3), batch(3..10)];
        let count = |from, until| slice(&batches, from, until).iter().map(RecordBatch::num_rows).sum::<usize>();
        assert_eq!((count(0, 4), count(4, 8), count(8, 10), count(10, 10)), (4, 4, 2, 0));
    }
}
