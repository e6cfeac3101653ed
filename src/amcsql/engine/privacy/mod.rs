//! Aggregation thresholds: handling of rows with too few users.
//!
//! Every column of the result has a level, and the level a required number of users. A row is judged by the lowest of
//! three counts (AMC documentation, aggregation thresholds): distinct users per scan of a source; users who
//! contributed to a metric; the metric's total divided by its largest share. A row without any user-level source
//! isn't judged: it contains nothing that belongs to people.

mod merge;
mod verdict;

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;

use super::lower::{Merging, Trace, mergings};
use super::result::OutputColumn;
use super::run::{Mode, Privacy, RunError};
use crate::amcsql::bound::Query;
use crate::amcsql::catalogue::{ColumnType, DataType};
use verdict::Verdict;

/// The required users for each column of a query, and how to count them.
pub(super) struct Thresholds<'q> {
    query: &'q Query,
    privacy: Privacy,
    /// Required users per column; `usize::MAX` for columns that are never shown.
    required: Vec<usize>,
    /// The maximum of these.
    highest: usize,
    /// How a column is merged; `None`: rows are merged by it.
    merging: Vec<Option<Merging>>,
    /// Hidden user columns, by name.
    users: Vec<String>,
    /// Hidden share columns, by name.
    shares: Vec<String>,
}

impl<'q> Thresholds<'q> {
    pub(super) fn new(query: &'q Query, trace: &Trace, privacy: &Privacy) -> Self {
        let columns = || query.outputs.iter().map(|output| query.column(output.column));
        let needed = |users: Option<u32>| users.map_or(usize::MAX, |users| users as usize);
        let required: Vec<usize> = columns().map(|column| needed(column.threshold.users())).collect();
        let known = mergings(query);
        let merging = query.outputs.iter().zip(columns());
        let merging =
            merging.map(|(output, it)| known.get(&output.column).copied().filter(|_| it.data_type.is_numeric()));
        let mut shares: Vec<String> = query.outputs.iter().flat_map(|output| trace.shares_of(output.column)).collect();
        shares.sort();
        shares.dedup();
        Self {
            query,
            privacy: privacy.clone(),
            highest: required.iter().copied().max().unwrap_or(1),
            required,
            merging: merging.collect(),
            users: trace.users.iter().map(|users| users.name.clone()).collect(),
            shares,
        }
    }

    /// The columns that are added to the result.
    pub(super) fn extra_columns(&self) -> Vec<OutputColumn> {
        let column = |name: &Option<String>, data_type| {
            let column_type = ColumnType::Dimension;
            name.clone().map(|name| OutputColumn { name, data_type, column_type })
        };
        let flag = if self.privacy.mode == Mode::Blank {
            column(&self.privacy.discriminator, DataType::Boolean)
        } else {
            None
        };
        let count = column(&self.privacy.distinct_user_count, DataType::Long);
        let reason = column(&self.privacy.reason, DataType::String);
        flag.into_iter().chain(count).chain(reason).collect()
    }

    /// The rows that may be shown, according to the mode, and how many missed a threshold. Hidden columns are
    /// removed, extra columns added.
    pub(super) fn apply(&self, batches: Vec<RecordBatch>) -> Result<(Vec<RecordBatch>, usize), RunError> {
        let mut below = 0;
        let mut shown = Vec::with_capacity(batches.len());
        let mut failing = Vec::new();
        for batch in batches {
            let verdicts = self.judge(&batch)?;
            let visible = batch.project(&(0..self.required.len()).collect::<Vec<_>>()).map_err(trouble)?;
            let passes: BooleanArray = verdicts.iter().map(|it| Some(it.users >= self.highest)).collect();
            let rows = filter_record_batch(&visible, &passes).map_err(trouble)?;
            let kept: Vec<&Verdict> = verdicts.iter().filter(|it| it.users >= self.highest).collect();
            below += verdicts.len() - kept.len();
            shown.push(self.with_extras(&rows, &kept, false)?);
            if self.privacy.mode == Mode::Blank {
                let fails = arrow::compute::not(&passes).map_err(trouble)?;
                let rows = filter_record_batch(&visible, &fails).map_err(trouble)?;
                let verdicts: Vec<Verdict> = verdicts.into_iter().filter(|it| it.users < self.highest).collect();
                failing.push((self.blanked(&rows, &verdicts)?, verdicts));
            }
        }
        if failing.iter().any(|(rows, _)| rows.num_rows() > 0) {
            let (rows, verdicts) = merge::merged(failing, &self.merging)?;
            shown.push(self.with_extras(&rows, &verdicts.iter().collect::<Vec<_>>(), true)?);
        }
        shown.retain(|batch| batch.num_rows() > 0);
        Ok((shown, below))
    }

    /// Sets values to NULL if a column requires more users than its row has.
    fn blanked(&self, rows: &RecordBatch, verdicts: &[Verdict]) -> Result<RecordBatch, RunError> {
        let columns = rows.columns().iter().zip(&self.required).map(|(column, required)| {
            let hidden: BooleanArray = verdicts.iter().map(|it| Some(it.users < *required)).collect();
            arrow::compute::nullif(column.as_ref(), &hidden)
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>, _>>().map_err(trouble)?;
        let fields =
            rows.schema().fields().iter().map(|it| it.as_ref().clone().with_nullable(true)).collect::<Vec<_>>();
        let size = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &size).map_err(trouble)
    }

    fn with_extras(&self, rows: &RecordBatch, verdicts: &[&Verdict], blanked: bool) -> Result<RecordBatch, RunError> {
        let mut columns = rows.columns().to_vec();
        let mut fields: Vec<Field> =
            rows.schema().fields().iter().map(|it| it.as_ref().clone().with_nullable(true)).collect();
        let cap = self.highest.clamp(2, super::accounting::ENOUGH);
        for column in self.extra_columns() {
            let values: ArrayRef = match column.data_type {
                DataType::Boolean => Arc::new(BooleanArray::from(vec![blanked; rows.num_rows()])),
                DataType::Long => Arc::new(verdicts.iter().map(|it| it.counted(cap)).collect::<Int64Array>()),
                _ => {
                    let reasons = verdicts.iter().map(|it| it.reason(self.query, self.highest));
                    Arc::new(reasons.collect::<StringArray>())
                }
            };
            fields.push(Field::new(column.name, column.data_type.arrow(), true));
            columns.push(values);
        }
        let size = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &size).map_err(trouble)
    }
}

fn trouble(error: arrow::error::ArrowError) -> RunError {
    RunError::from(datafusion::error::DataFusionError::from(error))
}
