//! An opened result: its metadata, and streams of its rows.

use std::ops::Range;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection, RowSelectionPolicy};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::statistics::Statistics;

use arrow::array::RecordBatch;

use super::column::{StoredColumn, from_entries};
use super::doubt::Doubts;
use super::error::Error;
use super::object::Object;
use super::result_store::{Key, ResultStore};
use super::views::{Edition, View};

/// Decoded rows, in batches.
pub(super) type Batches = BoxStream<'static, Result<RecordBatch, Error>>;

/// A file and its metadata.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) edition: Edition,
    pub(super) columns: Vec<StoredColumn>,
    pub(super) rows: u64,
    pub(super) doubts: Option<Doubts>,
    metadata: ArrowReaderMetadata,
}

/// The part of a file to read.
pub(super) struct Part<'a> {
    /// Only these columns, in the order of the file, each once.
    pub(super) columns: Option<&'a [usize]>,
    /// Only these rows: ascending, without duplicates.
    pub(super) rows: Option<&'a [u32]>,
    /// The maximum rows per batch.
    pub(super) batch: usize,
}

impl Opened {
    /// Opens the result under `key`; reopens it if it was rewritten.
    pub(super) async fn of(result_store: &ResultStore, key: &Key) -> Result<Arc<Self>, Error> {
        let head = result_store.head(key).await?;
        let edition = Edition { key: key.clone(), size: head.size, modified: head.last_modified, tag: head.e_tag };
        let known = |view: &View| if let View::Opened(opened) = view { Some(Arc::clone(opened)) } else { None };
        if let Some(opened) = result_store.views().find(&edition, known) {
            return Ok(opened);
        }
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let mut reader = object(result_store, &edition);
        let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await?;
        let file = metadata.metadata().file_metadata();
        let columns = from_entries(file.key_value_metadata())?;
        let doubts = Doubts::from_entries(file.key_value_metadata());
        let rows = u64::try_from(file.num_rows()).unwrap_or(0);
        if columns.len() != metadata.schema().fields().len() || rows > u64::from(u32::MAX) {
            return Err(Error::Damaged("the file is not as it describes itself".into()));
        }
        let opened = Arc::new(Self { edition, columns, rows, doubts, metadata });
        result_store.views().insert(&opened.edition, View::Opened(Arc::clone(&opened)));
        Ok(opened)
    }

    pub(super) fn schema(&self) -> &arrow::datatypes::SchemaRef {
        self.metadata.schema()
    }

    pub(super) fn memory(&self) -> usize {
        self.metadata.metadata().memory_size()
    }

    pub(super) fn column(&self, column: usize) -> Result<&StoredColumn, Error> {
        self.columns.get(column).ok_or(Error::NoSuchColumn { column: column + 1 })
    }

    /// The minimum and maximum of a 64-bit integer column, if the file has them.
    pub(super) fn extremes(&self, column: usize) -> Option<(i64, i64)> {
        let groups = self.metadata.metadata().row_groups().iter();
        groups
            .map(|group| match group.column(column).statistics()? {
                Statistics::Int64(known) if known.null_count_opt() == u64::try_from(group.num_rows()).ok() => {
                    Some((i64::MAX, i64::MIN))
                }
                Statistics::Int64(known) => Some((*known.min_opt()?, *known.max_opt()?)),
                _ => None,
            })
            .try_fold((i64::MAX, i64::MIN), |(least, greatest), group| {
                let (low, high) = group?;
                Some((least.min(low), greatest.max(high)))
            })
    }

    /// Reads a part. Only pages that contain one of the rows are read and decoded.
    pub(super) fn read(&self, result_store: &ResultStore, part: &Part<'_>) -> Result<Batches, Error> {
        let reader = object(result_store, &self.edition);
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, self.metadata.clone())
            .with_batch_size(part.batch)
            .with_row_selection_policy(RowSelectionPolicy::Selectors);
        if let Some(columns) = part.columns {
            let leaves = columns.iter().copied();
            builder = builder.with_projection(ProjectionMask::leaves(self.metadata.parquet_schema(), leaves));
        }
        if let Some(rows) = part.rows {
            let (groups, selection) = self.select(rows);
            builder = builder.with_row_groups(groups).with_row_selection(selection);
        }
        Ok(builder.build()?.map(|batch| batch.map_err(Error::from)).boxed())
    }

    /// The row groups that contain the rows, and the rows' positions within these groups combined.
    fn select(&self, rows: &[u32]) -> (Vec<usize>, RowSelection) {
        let (mut groups, mut ranges): (_, Vec<Range<usize>>) = (Vec::new(), Vec::new());
        let (mut start, mut kept, mut rest) = (0, 0, rows);
        for (number, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let length = usize::try_from(group.num_rows()).unwrap_or(0);
            let (here, later) = rest.split_at(rest.partition_point(|row| (*row as usize) < start + length));
            if !here.is_empty() {
                groups.push(number);
                for row in here {
                    let place = *row as usize - start + kept;
                    match ranges.last_mut() {
                        Some(range) if range.end == place => range.end += 1,
                        _ => ranges.push(place..place + 1),
                    }
                }
                kept += length;
            }
            (start, rest) = (start + length, later);
        }
        (groups, RowSelection::from_consecutive_ranges(ranges.into_iter(), kept))
    }
}

fn object(result_store: &ResultStore, edition: &Edition) -> Object {
    Object { store: Arc::clone(result_store.objects()), path: edition.key.path(), size: edition.size }
}
