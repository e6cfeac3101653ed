//! Merges blanked rows with equal dimensions.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, UInt32Array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Schema};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

use super::trouble;
use super::verdict::Verdict;
use crate::amcsql::engine::lower::Merging;
use crate::amcsql::engine::run::RunError;

/// One row for all with the same dimensions, with merged metrics. The strictest verdict is kept.
pub(super) fn merged(
    parts: Vec<(RecordBatch, Vec<Verdict>)>,
    merging: &[Option<Merging>],
) -> Result<(RecordBatch, Vec<Verdict>), RunError> {
    let schema = parts.first().map_or_else(|| Arc::new(Schema::empty()), |(rows, _)| rows.schema());
    let rows = concat_batches(&schema, parts.iter().map(|(rows, _)| rows)).map_err(trouble)?;
    let verdicts: Vec<Verdict> = parts.into_iter().flat_map(|(_, verdicts)| verdicts).collect();
    let (group_of, firsts) = groups(&rows, merging)?;
    let places = UInt32Array::from(firsts.clone());
    let columns = rows.columns().iter().zip(merging).map(|(column, merging)| match merging {
        Some(merging) => together(column, *merging, &group_of, firsts.len()),
        None => take(column.as_ref(), &places, None).map_err(trouble),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let mut strictest: Vec<Verdict> = firsts.iter().filter_map(|row| verdicts.get(*row as usize)).cloned().collect();
    for (group, verdict) in group_of.iter().zip(verdicts) {
        if strictest.get(*group).is_some_and(|known| verdict.users < known.users) {
            strictest[*group] = verdict;
        }
    }
    Ok((RecordBatch::try_new(schema, columns).map_err(trouble)?, strictest))
}

/// The group of each row, and the first row of each group.
fn groups(rows: &RecordBatch, merging: &[Option<Merging>]) -> Result<(Vec<usize>, Vec<u32>), RunError> {
    let dimensions: Vec<ArrayRef> = rows
        .columns()
        .iter()
        .zip(merging)
        .filter(|(_, merging)| merging.is_none())
        .map(|(it, _)| Arc::clone(it))
        .collect();
    if dimensions.is_empty() {
        return Ok((vec![0; rows.num_rows()], vec![0]));
    }
    let fields = dimensions.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let keys =
        RowConverter::new(fields).and_then(|converter| converter.convert_columns(&dimensions)).map_err(trouble)?;
    let (mut known, mut firsts) = (HashMap::new(), Vec::new());
    let group_of = keys.iter().enumerate().map(|(row, key)| {
        *known.entry(key).or_insert_with(|| {
            firsts.push(row as u32);
            firsts.len() - 1
        })
    });
    let group_of = group_of.collect();
    Ok((group_of, firsts))
}

/// One value per group, NULL if all are NULL. Exact for integers and decimals; NULL on overflow.
fn together(column: &ArrayRef, merging: Merging, group_of: &[usize], groups: usize) -> Result<ArrayRef, RunError> {
    let kind = column.data_type();
    if kind.is_floating() {
        let values = cast(column, &DataType::Float64).map_err(trouble)?;
        let values = values.as_primitive::<Float64Type>();
        let value = |row: usize| values.is_valid(row).then(|| values.value(row));
        let joined = joined(group_of, groups, value, |a, b| match merging {
            Merging::Sum => Some(a + b),
            Merging::Least => Some(a.min(b)),
            Merging::Greatest => Some(a.max(b)),
            Merging::Lost => None,
        });
        return cast(&Float64Array::from(joined), kind).map_err(trouble);
    }
    let (precision, scale) = match kind {
        DataType::Decimal128(precision, scale) => (*precision, *scale),
        _ => (38, 0),
    };
    let values = cast(column, &DataType::Decimal128(precision, scale)).map_err(trouble)?;
    let values = values.as_primitive::<Decimal128Type>();
    let value = |row: usize| values.is_valid(row).then(|| values.value(row));
    let joined = joined(group_of, groups, value, |a, b| match merging {
        Merging::Sum => a.checked_add(b),
        Merging::Least => Some(a.min(b)),
        Merging::Greatest => Some(a.max(b)),
        Merging::Lost => None,
    });
    let joined = Decimal128Array::from(joined).with_precision_and_scale(38, scale).map_err(trouble)?;
    cast(&joined, kind).map_err(trouble)
}

/// The values of each group combined by `join`; NULL if it ever returns none.
fn joined<T: Copy>(
    group_of: &[usize],
    groups: usize,
    value: impl Fn(usize) -> Option<T>,
    join: impl Fn(T, T) -> Option<T>,
) -> Vec<Option<T>> {
    // OK because the outer `None` is a group without a value, and the inner one a value that can't be computed.
    let mut joined: Vec<Option<Option<T>>> = vec![None; groups];
    for (row, group) in group_of.iter().enumerate() {
        if let (Some(value), Some(known)) = (value(row), joined.get_mut(*group)) {
            *known = Some(known.map_or(Some(value), |known| known.and_then(|known| join(known, value))));
        }
    }
    joined.into_iter().map(Option::flatten).collect()
}
