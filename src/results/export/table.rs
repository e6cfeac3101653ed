//! Rows as a new Parquet file, sent while it is written.

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::Form;
use crate::results::error::Error;
use crate::results::open::Opened;

/// Rows, and bytes, of a row group, which is held in memory before it is sent.
const GROUP_ROWS: usize = 65_536;
const GROUP_BYTES: usize = 16 << 20;

pub(super) struct Table {
    writer: ArrowWriter<Vec<u8>>,
}

impl Table {
    pub(super) fn new(opened: &Opened) -> Result<Self, Error> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .build();
        // OK because this entry describes the whole result and its totals, so it is omitted.
        let schema = opened.schema().as_ref().clone().with_metadata(std::collections::HashMap::new());
        Ok(Self { writer: ArrowWriter::try_new(Vec::new(), schema.into(), Some(properties))? })
    }

    /// Takes the bytes that were written and not yet sent. The writer only counts bytes, so they can be removed.
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }
}

impl Form for Table {
    fn head(&mut self) -> Result<Vec<u8>, Error> {
        Ok(self.take())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        self.writer.write(batch)?;
        Ok(self.take())
    }

    fn tail(&mut self) -> Result<Vec<u8>, Error> {
        self.writer.finish()?;
        Ok(self.take())
    }
}
