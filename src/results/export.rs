//! Complete or filtered results as files, streamed in limited memory.
//!
//! Values are exact: decimals keep all digits that AMC sent. A text such as `=1+1` is unchanged in
//! [`CsvForm::Plain`], [`CsvForm::Amc`] and JSON, which programs read; a spreadsheet would run it as a formula, so
//! [`CsvForm::Spreadsheet`] puts an apostrophe before it, preferring safety to exactness. A workbook doesn't need
//! this: it marks each such cell as text.
//!
//! A [`Form`] produces the bytes of some rows at a time, while they are sent. Completing files before sending them
//! was rejected: a million rows would take longer than proxies wait. Files are produced on separate threads, some
//! rows per turn, and the turns leave half of the processor to everything else: pages stay fast however many people
//! download.

mod copied;
mod csv;
mod json;
mod table;
mod workbook;

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::error::Error;
use super::filter::{Filter, check_bounds};
use super::open::{Batches, Opened, Part};
use super::result_store::{Key, ResultStore, blocking};

pub use csv::{CsvForm, Separator};
pub use workbook::MOST_ROWS as WORKBOOK_ROWS;

/// The bytes of a file, as they are produced.
pub type Download = BoxStream<'static, Result<Bytes, Error>>;

/// A file format, written in batches of rows.
trait Form: Send {
    /// Rows that are decoded and written at a time.
    fn rows(&self) -> usize {
        1_024
    }

    /// The bytes before the rows.
    fn head(&mut self) -> Result<Vec<u8>, Error>;

    /// Some rows; unwritten bytes may come later.
    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error>;

    /// The bytes after the rows.
    fn tail(&mut self) -> Result<Vec<u8>, Error>;
}

impl ResultStore {
    /// The rows that match all filters as CSV in UTF-8, with a header. Errors before the first byte are returned
    /// immediately.
    pub async fn export_csv(&self, key: &Key, filters: &[Filter], form: CsvForm) -> Result<Download, Error> {
        self.written(key, filters, |opened, _| Ok(Box::new(csv::Csv::new(&opened.columns, form)))).await
    }

    /// The rows as a JSON array of objects: numbers as numbers if 64-bit doubles hold all numbers of their column,
    /// otherwise as text; dates, times and arrays as text; NULL, `NaN` and infinite numbers as `null`.
    pub async fn export_json(&self, key: &Key, filters: &[Filter]) -> Result<Download, Error> {
        self.written(key, filters, |opened, _| Ok(Box::new(json::Json::new(opened)))).await
    }

    /// The rows as an Excel workbook: numbers as numbers, dates and times as such, numbers with too many digits for
    /// Excel as text. An error if there are too many rows for Excel.
    pub async fn export_xlsx(&self, key: &Key, filters: &[Filter]) -> Result<Download, Error> {
        self.written(key, filters, |opened, rows| Ok(Box::new(workbook::Workbook::new(opened, rows)?))).await
    }

    /// The stored Parquet file itself, with its size in bytes; or a new one with the filtered rows, whose size isn't
    /// known in advance.
    pub async fn export_parquet(&self, key: &Key, filters: &[Filter]) -> Result<(Download, Option<u64>), Error> {
        if !filters.is_empty() {
            let form = |opened: &Opened, _| Ok(Box::new(table::Table::new(opened)?) as Box<dyn Form>);
            return Ok((self.written(key, filters, form).await?, None));
        }
        let file = self.objects().get(&key.path()).await?;
        let size = file.meta.size;
        Ok((file.into_stream().map_err(Error::from).boxed(), Some(size)))
    }

    async fn written(
        &self,
        key: &Key,
        filters: &[Filter],
        form: impl FnOnce(&Opened, u64) -> Result<Box<dyn Form>, Error>,
    ) -> Result<Download, Error> {
        check_bounds(filters)?;
        let filters = filters.to_owned();
        let wanted = if filters.is_empty() {
            None
        } else {
            Some(self.reading(key, true, async move |reading| reading.matches(&filters).await).await?)
        };
        let opened = Opened::of(self, key).await?;
        let rows = wanted.as_ref().map_or(opened.rows, |wanted| wanted.count_set_bits() as u64);
        if wanted.as_ref().is_some_and(|wanted| wanted.len() as u64 != opened.rows) {
            // The result was rewritten between the two reads.
            return Err(Error::Missing);
        }
        let form = form(&opened, rows)?;
        let batches = opened.read(self, &Part { columns: None, rows: None, batch: form.rows() })?;
        let writing = Writing { batches, form, wanted, start: 0, step: Step::Head };
        let turns = self.turns();
        let next = move |mut writing: Writing| {
            let turns = Arc::clone(&turns);
            async move {
                // OK because nobody closes it. A download whose reader is slow holds no turn.
                let turn = turns.acquire_owned().await.ok();
                let runtime = tokio::runtime::Handle::current();
                blocking(move || {
                    let bytes = runtime.block_on(writing.next())?;
                    drop(turn);
                    Ok(bytes.map(|bytes| (bytes, writing)))
                })
                .await
            }
        };
        let result = key.clone();
        // The reader only sees a download that ends early: the reason is logged for administrators.
        let cut = move |error: &Error| tracing::error!(result = result.as_str(), %error, "a download was cut short");
        Ok(futures::stream::try_unfold(writing, next).inspect_err(cut).boxed())
    }
}

/// A file that is being written.
struct Writing {
    batches: Batches,
    form: Box<dyn Form>,
    wanted: Option<Arc<BooleanBuffer>>,
    start: usize,
    step: Step,
}

enum Step {
    Head,
    Rows,
    Done,
}

impl Writing {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let bytes = match self.step {
                Step::Done => return Ok(None),
                Step::Head => {
                    self.step = Step::Rows;
                    self.form.head()?
                }
                Step::Rows => {
                    if let Some(batch) = self.batches.try_next().await? {
                        let batch = self.picked(batch)?;
                        if batch.num_rows() == 0 { Vec::new() } else { self.form.write(&batch)? }
                    } else {
                        self.step = Step::Done;
                        self.form.tail()?
                    }
                }
            };
            if !bytes.is_empty() {
                return Ok(Some(Bytes::from(bytes)));
            }
        }
    }

    fn picked(&mut self, batch: RecordBatch) -> Result<RecordBatch, Error> {
        let Some(wanted) = &self.wanted else { return Ok(batch) };
        let here = wanted.slice(self.start, batch.num_rows());
        self.start += batch.num_rows();
        if here.count_set_bits() == batch.num_rows() {
            return Ok(batch);
        }
        let here = BooleanArray::new(here, None);
        arrow::compute::filter_record_batch(&batch, &here).map_err(|error| Error::Damaged(error.into()))
    }
}
