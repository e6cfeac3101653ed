//! Writes text rows as typed columns of a Parquet file.
//!
//! The layout is optimized for reading page 20,000 or sorted rows: pages with few rows, so that single rows are
//! cheap, and small dictionaries, because a dictionary must be read completely for a single row. Any Parquet reader
//! can open the file; it is also what people download.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::column::{StoredColumn, to_entry};
use super::doubt::Doubts;
use super::error::Error;
use super::kind::{Kind, parse_date, parse_decimal, parse_double, parse_timestamp, write_decimal, write_double};

/// Rows of a row group, which is held in memory before it is written.
const GROUP_ROWS: usize = 65_536;
/// The size at which a row group ends before it has all its rows.
const GROUP_BYTES: usize = 24 << 20;
/// Rows of a page: the minimum that is decoded for one row.
const PAGE_ROWS: usize = 2_048;
/// The size of a dictionary; a column with more distinct values is written plain.
const DICTIONARY_BYTES: usize = 32 << 10;
/// Rows, and bytes of text, that are collected before they are passed to the writer.
const BATCH_ROWS: usize = 4_096;
const BATCH_BYTES: usize = 4 << 20;

/// The writer of one file.
pub(super) struct Encoder<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: Arc<Schema>,
    kept: Vec<StoredColumn>,
    cells: Vec<Cells>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> Encoder<W> {
    pub(super) fn new(out: W, kept: Vec<StoredColumn>) -> Result<Self, Error> {
        let fields: Vec<_> = kept.iter().map(|column| Field::new(&column.name, column.kind.arrow(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
        let cells = kept.iter().map(Cells::new).collect();
        Ok(Self { writer, schema, kept, cells, rows: 0, bytes: 0 })
    }

    /// Adds a row, with one value for each column.
    pub(super) fn add<'a>(&mut self, values: impl Iterator<Item = Option<&'a str>>) -> Result<(), Error> {
        for (cells, value) in self.cells.iter_mut().zip(values) {
            self.bytes += value.map_or(0, str::len);
            cells.push(value).ok_or_else(|| Error::Damaged("the fetched file changed while it was read".into()))?;
        }
        self.rows += 1;
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Completes the file and returns its columns, now with their totals.
    pub(super) fn finish(mut self, doubts: &Doubts) -> Result<Vec<StoredColumn>, Error> {
        self.flush()?;
        for (column, cells) in self.kept.iter_mut().zip(&self.cells) {
            column.total = cells.sum.text(column.kind);
        }
        self.writer.append_key_value_metadata(to_entry(&self.kept)?);
        if doubts.places > 0 {
            self.writer.append_key_value_metadata(doubts.to_entry()?);
        }
        self.writer.finish()?;
        // OK because a full disk may only show here: the last bytes are still in the writer's buffer.
        self.writer.sync()?;
        Ok(self.kept)
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays: Result<Vec<_>, _> = self.cells.iter_mut().map(|cells| cells.builder.finish()).collect();
        let batch =
            RecordBatch::try_new(Arc::clone(&self.schema), arrays?).map_err(|error| Error::Damaged(error.into()))?;
        self.writer.write(&batch)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

/// The unwritten values of one column, and the running sum.
struct Cells {
    builder: Builder,
    empty_is_null: bool,
    sum: Sum,
}

impl Cells {
    fn new(column: &StoredColumn) -> Self {
        let declared_text = column.declared.as_deref().is_none_or(|declared| Kind::declared(declared) == Kind::Text);
        Self {
            builder: Builder::new(column.kind),
            empty_is_null: column.kind != Kind::Text || !declared_text,
            sum: Sum { exact: Some(0), binary: 0.0, is_of_nothing: true },
        }
    }

    fn push(&mut self, value: Option<&str>) -> Option<()> {
        match value.filter(|text| !(self.empty_is_null && text.is_empty())) {
            Some(text) => self.builder.push(text, &mut self.sum),
            None => self.builder.push_null(),
        }
    }
}

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder, bool),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Decimal { precision, scale } => Self::Decimal(Decimal128Builder::new(), precision, scale),
            Kind::Double => Self::Double(Float64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Date => Self::Date(Date32Builder::new()),
            Kind::Timestamp { zoned, .. } => Self::Timestamp(TimestampMicrosecondBuilder::new(), zoned),
        }
    }

    fn push(&mut self, text: &str, sum: &mut Sum) -> Option<()> {
        match self {
            Self::Text(builder) => builder.append_value(text),
            Self::Integer(builder) => {
                let number = text.parse().ok()?;
                sum.add(i128::from(number));
                builder.append_value(number);
            }
            Self::Decimal(builder, _, scale) => {
                let number = parse_decimal(text, *scale)?;
                sum.add(number);
                builder.append_value(number);
            }
            Self::Double(builder) => {
                let number = parse_double(text)?;
                sum.binary += number;
                sum.is_of_nothing = false;
                builder.append_value(number);
            }
            Self::Boolean(builder) => builder.append_value(text == "true"),
            Self::Date(builder) => builder.append_value(parse_date(text)?),
            Self::Timestamp(builder, _) => builder.append_value(parse_timestamp(text)?.0),
        }
        Some(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands beside `push` in one match")]
    fn push_null(&mut self) -> Option<()> {
        match self {
            Self::Text(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Decimal(builder, ..) => builder.append_null(),
            Self::Double(builder) => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder, _) => builder.append_null(),
        }
        Some(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Error> {
        Ok(match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, precision, scale) => {
                let typed = builder.finish().with_precision_and_scale(*precision, *scale);
                Arc::new(typed.map_err(|error| Error::Damaged(error.into()))?)
            }
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder, zoned) => Arc::new(builder.finish().with_timezone_opt(zoned.then_some("UTC"))),
        })
    }
}

struct Sum {
    exact: Option<i128>,
    binary: f64,
    /// Whether no value was added: the sum of no values is NULL, not zero.
    is_of_nothing: bool,
}

impl Sum {
    fn add(&mut self, number: i128) {
        self.exact = self.exact.and_then(|sum| sum.checked_add(number));
        self.is_of_nothing = false;
    }

    fn text(&self, kind: Kind) -> Option<String> {
        let mut text = String::new();
        match kind {
            _ if self.is_of_nothing => return None,
            Kind::Integer => write_decimal(&mut text, self.exact?, 0),
            Kind::Decimal { scale, .. } => write_decimal(&mut text, self.exact?, scale),
            Kind::Double => write_double(&mut text, self.binary),
            _ => return None,
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A disk with space for a few bytes.
    struct SmallDisk {
        room: usize,
        used: usize,
    }

    impl Write for &mut SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.used += bytes.len();
            if self.used > self.room { Err(io::ErrorKind::StorageFull.into()) } else { Ok(bytes.len()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_disk_that_fills_up_is_a_stated_error_at_any_byte() {
        let column = StoredColumn {
            name: "a".to_owned(),
            declared: None,
            column_type: None,
            kind: Kind::Integer,
            nulls: 0,
            total: None,
            misfit: None,
        };
        let write = |room| -> Result<usize, Error> {
            let mut disk = SmallDisk { room, used: 0 };
            let mut encoder = Encoder::new(&mut disk, vec![column.clone()])?;
            (0..10_000).try_for_each(|number| encoder.add(std::iter::once(Some(number.to_string().as_str()))))?;
            encoder.finish(&Doubts::default())?;
            Ok(disk.used)
        };
        let size = write(1 << 20).unwrap();
        for room in [0, 3, 4, size / 2, size - 1] {
            assert!(matches!(write(room), Err(Error::Full)), "{room} of {size}");
        }
        assert_eq!(write(size).unwrap(), size);
    }
}
