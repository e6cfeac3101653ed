//! Whole results, or the rows that meet filters, as files; streamed in bounded memory.
//!
//! Values are exact: what AMC sent comes out again, with decimals to their last digit. A text such as
//! `=1+1` is kept as it is in [`CsvForm::Plain`], [`CsvForm::Amc`] and in JSON, since programs read those; a
//! spreadsheet would take it for a formula, so [`CsvForm::Spreadsheet`] puts an apostrophe before it and gives up
//! exactness for safety. A workbook needs no such mark: it says of each cell that it is a text.
//!
//! A [`Form`] makes the bytes of some rows at a time, while they are sent. Files that are made whole
//! before their first byte were rejected: a million rows would wait longer than a proxy does. They are made beside
//! the threads that answer, some rows at a turn, and the turns leave half of the processor to everybody else:
//! however many people download, pages stay quick.

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

/// The bytes of a file, as they are made.
pub type Download = BoxStream<'static, Result<Bytes, Error>>;

/// A kind of file, which is written rows after rows.
trait Form: Send {
    /// Rows that are decoded and written at a time.
    fn rows(&self) -> usize {
        1_024
    }

    /// What comes before the rows.
    fn head(&mut self) -> Result<Vec<u8>, Error>;

    /// Some rows; what is not written yet may come later.
    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error>;

    /// What comes after the rows.
    fn tail(&mut self) -> Result<Vec<u8>, Error>;
}

impl ResultStore {
    /// The rows that meet all filters as CSV in UTF-8, a header first. An error before the first byte is
    /// given at once.
    pub async fn export_csv(&self, key: &Key, filters: &[Filter], form: CsvForm) -> Result<Download, Error> {
        self.written(key, filters, |opened, _| Ok(Box::new(csv::Csv::new(&opened.columns, form)))).await
    }

    /// The rows as a JSON array with an object for each: numbers as numbers where doubles of 64 bits hold all numbers of
    /// their column, otherwise as text; dates, times and arrays as text; NULL, `NaN` and infinite numbers as `null`.
    pub async fn export_json(&self, key: &Key, filters: &[Filter]) -> Result<Download, Error> {
        self.written(key, filters, |opened, _| Ok(Box::new(json::Json::new(opened)))).await
    }

    /// The rows as a workbook for Excel: numbers as numbers, days and times as such, what has more digits
    /// than Excel keeps as text. Refused where Excel has no room for the rows.
    pub async fn export_xlsx(&self, key: &Key, filters: &[Filter]) -> Result<Download, Error> {
        self.written(key, filters, |opened, rows| Ok(Box::new(workbook::Workbook::new(opened, rows)?))).await
    }

    /// The kept Parquet file itself, with its size in bytes; or a new one of the rows that meet the filters,
    /// whose size is not known before.
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
            // The result was written anew between the two looks.
            return Err(Error::Missing);
        }
        let form = form(&opened, rows)?;
        let batches = opened.read(self, &Part { columns: None, rows: None, batch: form.rows() })?;
        let writing = Writing { batches, form, wanted, start: 0, step: Step::Head };
        let turns = self.turns();
        let next = move |mut writing: Writing| {
            let turns = Arc::clone(&turns);
            async move {
                // OK because nobody closes it. A download that its reader lets wait holds no turn.
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
        // The reader sees no more than a download that ends early: the reason is for whoever runs the program.
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
