//! A few hundred rows for every data source of the catalog, so that realistic queries can run.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMillisecondArray, UInt32Array,
};
use arrow::compute::cast;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::hour;
use crate::amcsql::catalogue::{Catalogue, ColumnDef, DataType};
use crate::amcsql::engine::{Tables, USER_COLUMN};

const ROWS: usize = 400;
const USERS: usize = 150;

/// Every source of the standard catalogue.
pub(super) struct Sources;

impl Tables for Sources {
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>> {
        let source = Catalogue::standard().source(source)?;
        let mut columns: Vec<(&str, ArrayRef)> =
            source.columns.iter().map(|it| (it.name.as_str(), values(it))).collect();
        if source.is_user_level() {
            let users = (0..ROWS).map(|row| user(row).map(|user| user as u32));
            columns.push((USER_COLUMN, Arc::new(users.collect::<UInt32Array>())));
        }
        let columns = columns.into_iter().map(|(name, array)| (name, array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        Some(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap()))
    }
}

/// Every tenth row has no user.
fn user(row: usize) -> Option<usize> {
    (row % 10 != 9).then_some(row % USERS)
}

fn values(column: &ColumnDef) -> ArrayRef {
    let rows = 0..ROWS;
    let seed = column.name.len();
    let array: ArrayRef = match &column.data_type {
        DataType::String if column.name == "user_id" => {
            Arc::new(rows.map(|row| user(row).map(|user| format!("user-{user}"))).collect::<StringArray>())
        }
        DataType::String => Arc::new(rows.map(|row| Some(word(column, row % (seed + 1)))).collect::<StringArray>()),
        DataType::Boolean => Arc::new(rows.map(|row| Some(row % 3 == 0)).collect::<BooleanArray>()),
        DataType::Date => {
            let day = |row: usize| i32::try_from(hour(row as i64 % 48).timestamp() / 86_400).ok();
            Arc::new(rows.map(day).collect::<Date32Array>())
        }
        DataType::Timestamp => Arc::new(
            rows.map(|row| Some(hour(row as i64 % 24).timestamp_millis())).collect::<TimestampMillisecondArray>(),
        ),
        DataType::Double | DataType::Float | DataType::Decimal { .. } => {
            Arc::new(rows.map(|row| Some((row % (seed + 5)) as f64 * 1.5)).collect::<Float64Array>())
        }
        DataType::Array(_) => return arrow::array::new_null_array(&column.data_type.arrow(), ROWS),
        _ => Arc::new(rows.map(|row| Some((row % (seed + 3)) as i64)).collect::<Int64Array>()),
    };
    cast(&array, &column.data_type.arrow()).unwrap()
}

fn word(column: &ColumnDef, at: usize) -> String {
    match column.values.get(at % column.values.len().max(1)).and_then(|value| value.as_str()) {
        Some(known) => known.to_owned(),
        None => format!("{}-{at}", column.name),
    }
}
