//! One page of a result: filtered, sorted, and only then read.
//!
//! A page without sort and filter reads only its own rows. Otherwise, the affected columns are read completely, once;
//! the outcome is cached for the following pages (see [`super::views`]).

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::buffer::BooleanBuffer;
use futures::TryStreamExt;

use super::cell::Cell;
use super::column::StoredColumn;
use super::doubt::Doubts;
use super::error::Error;
use super::filter::{Filter, Test, check_bounds};
use super::open::{Opened, Part};
use super::order::{Sort, Sorter};
use super::result_store::{Key, ResultStore, blocking};
use super::views::View;

/// Maximum rows per page; larger requests get this many.
pub const MOST_ROWS: usize = 1_000;
/// Rows decoded at a time for a page. Few, because a row may have megabytes that the page truncates.
const PAGE_BATCH: usize = 32;
/// Rows decoded at a time when a column is read completely.
const COLUMN_BATCH: usize = 8_192;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows to skip, after filtering and sorting.
    pub offset: u64,
    /// Rows to return, at most [`MOST_ROWS`].
    pub limit: usize,
    /// The order; `None` for AMC's order.
    pub sort: Option<Sort>,
    /// All of these must match.
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number of rows that match the filters.
    pub total: u64,
    /// The number of rows of the whole result.
    pub unfiltered: u64,
    pub columns: Vec<StoredColumn>,
    /// The rows of this page, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

impl ResultStore {
    /// Reads a page. An offset beyond the last row returns no rows and isn't an error.
    pub async fn page(&self, key: &Key, request: PageRequest) -> Result<Page, Error> {
        check_bounds(&request.filters)?;
        let heavy = request.sort.is_some() || !request.filters.is_empty();
        self.reading(key, heavy, async move |reading| reading.page(&request).await).await
    }

    /// Runs `work` on an opened result outside of the request threads; only a few `heavy` ones run concurrently.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        key: &Key,
        heavy: bool,
        work: impl AsyncFnOnce(Reading<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let opened = Opened::of(self, key).await?;
        let permit = if heavy { self.heavy().acquire_owned().await.ok() } else { None };
        let (result_store, runtime) = (self.clone(), tokio::runtime::Handle::current());
        blocking(move || {
            // OK because the memory of this work is limited, even when nobody waits for it any more.
            let _permit = permit;
            runtime.block_on(work(Reading { result_store: &result_store, opened: &opened }))
        })
        .await
    }

    pub async fn columns(&self, key: &Key) -> Result<(Vec<StoredColumn>, u64), Error> {
        let opened = Opened::of(self, key).await?;
        Ok((opened.columns.clone(), opened.rows))
    }

    /// The ambiguous rows of a result.
    pub async fn doubts(&self, key: &Key) -> Result<Option<Doubts>, Error> {
        Ok(Opened::of(self, key).await?.doubts.clone())
    }
}

/// An opened result and its store.
pub(super) struct Reading<'a> {
    pub(super) result_store: &'a ResultStore,
    pub(super) opened: &'a Opened,
}

impl Reading<'_> {
    async fn page(&self, request: &PageRequest) -> Result<Page, Error> {
        let (total, wanted) = self.choose(request).await?;
        let rows = self.rows(&wanted).await?;
        Ok(Page { total, unfiltered: self.opened.rows, columns: self.opened.columns.clone(), rows })
    }

    /// The number of matching rows, and the rows of the page in order.
    async fn choose(&self, request: &PageRequest) -> Result<(u64, Vec<u32>), Error> {
        let limit = request.limit.min(MOST_ROWS);
        let offset = usize::try_from(request.offset).unwrap_or(usize::MAX);
        let order = match request.sort {
            Some(sort) => Some(self.order(sort).await?),
            None => None,
        };
        if request.filters.is_empty() {
            let all = 0..self.opened.rows as u32;
            let wanted = match order {
                Some(order) => order.iter().copied().skip(offset).take(limit).collect(),
                None => all.skip(offset).take(limit).collect(),
            };
            return Ok((self.opened.rows, wanted));
        }
        let matches = self.matches(&request.filters).await?;
        let wanted = match order {
            Some(order) => {
                let met = order.iter().copied().filter(|row| matches.value(*row as usize));
                met.skip(offset).take(limit).collect()
            }
            None => matches.set_indices().skip(offset).take(limit).map(|row| row as u32).collect(),
        };
        Ok((matches.count_set_bits() as u64, wanted))
    }

    async fn order(&self, sort: Sort) -> Result<Arc<[u32]>, Error> {
        let column = self.opened.column(sort.column)?;
        let known = |view: &View| match view {
            View::Order(of, order) if *of == sort => Some(Arc::clone(order)),
            _ => None,
        };
        if let Some(order) = self.result_store.views().find(&self.opened.edition, known) {
            return Ok(order);
        }
        let mut sorter = Sorter::new(column.kind, &column.name, self.opened.rows, sort.direction)?;
        self.each(sort.column, |array| sorter.add(array)).await?;
        let order: Arc<[u32]> = sorter.finish().into();
        self.result_store.views().insert(&self.opened.edition, View::Order(sort, Arc::clone(&order)));
        Ok(order)
    }

    /// Which rows match all filters.
    pub(super) async fn matches(&self, filters: &[Filter]) -> Result<Arc<BooleanBuffer>, Error> {
        let known = |view: &View| match view {
            View::Matches(of, matches) if of == filters => Some(Arc::clone(matches)),
            _ => None,
        };
        if let Some(matches) = self.result_store.views().find(&self.opened.edition, known) {
            return Ok(matches);
        }
        let mut all = BooleanBuffer::new_set(self.opened.rows as usize);
        for filter in filters {
            let test = Test::new(filter, self.opened.column(filter.column)?)?;
            let mut met = arrow::array::BooleanBufferBuilder::new(self.opened.rows as usize);
            self.each(filter.column, |array| {
                met.append_buffer(&test.matches(array));
                Ok(())
            })
            .await?;
            all = &all & &met.finish();
        }
        let matches = Arc::new(all);
        self.result_store.views().insert(&self.opened.edition, View::Matches(filters.to_owned(), Arc::clone(&matches)));
        Ok(matches)
    }

    /// Passes all values of a column to `take`, several thousand at a time.
    pub(super) async fn each(
        &self,
        column: usize,
        mut take: impl FnMut(&ArrayRef) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let part = Part { columns: Some(&[column]), rows: None, batch: COLUMN_BATCH };
        let mut batches = self.opened.read(self.result_store, &part)?;
        while let Some(batch) = batches.try_next().await? {
            take(batch.column(0))?;
        }
        Ok(())
    }

    /// The cells of these rows, in this order.
    async fn rows(&self, wanted: &[u32]) -> Result<Vec<Vec<Cell>>, Error> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut ascending = wanted.to_vec();
        ascending.sort_unstable();
        let part = Part { columns: None, rows: Some(&ascending), batch: PAGE_BATCH };
        let mut batches = self.opened.read(self.result_store, &part)?;
        let mut read = Vec::with_capacity(wanted.len());
        while let Some(batch) = batches.try_next().await? {
            read.extend((0..batch.num_rows()).map(|row| Some(self.row(&batch, row))));
        }
        let missing = || Error::Damaged("rows are missing from the file".into());
        let place = |row| ascending.binary_search(row).ok();
        wanted.iter().map(|row| place(row).and_then(|place| read.get_mut(place)?.take()).ok_or_else(missing)).collect()
    }

    fn row(&self, batch: &RecordBatch, row: usize) -> Vec<Cell> {
        let columns = self.opened.columns.iter().zip(batch.columns());
        columns.map(|(column, array)| Cell::of(column, array, row)).collect()
    }
}
