//! Stored tables: what executions leave, kept as Parquet; read, sorted, filtered, summed, grouped, exported.
//!
//! AMC gives a result as CSV files behind links that hold for ten minutes. [`ResultStore::keep`] joins them
//! into one typed Parquet file per run; all else reads that file. Results are files and not rows of the
//! database because a page of a million rows needs columns, and because they can then live in a bucket.
//!
//! What must stay true: a result is kept whole or not at all; no value is lost, so a column whose values
//! are not what was declared becomes text and says so ([`KeptColumn::misfit`]); memory is bounded
//! whatever the size of a result; nothing here knows an execution, a person, a database or a page.

mod accumulator;
mod cell;
mod column;
mod distinct;
mod doubt;
mod encode;
mod error;
mod export;
mod filter;
mod grain;
mod groups;
mod keep;
mod kind;
mod money;
mod object;
mod open;
mod order;
mod page;
mod records;
mod result_store;
mod semantics;
mod summary;
#[cfg(test)]
mod tests;
mod values;
mod views;

pub use accumulator::Misfit;
pub use cell::{Cell, grouped};
pub use column::{ColumnSpec, KeptColumn};
pub use distinct::Distinct;
pub use doubt::Doubts;
pub use error::Error;
pub use export::{CsvForm, Download, Separator, WORKBOOK_ROWS};
pub use filter::{Filter, Op};
pub use grain::Grain;
pub use groups::{Fold, GroupKey, GroupRequest, Groups};
pub use keep::{Kept, Limits, Part};
pub use kind::Kind;
pub use money::Unit;
pub use order::{Direction, Sort};
pub use page::{MOST_ROWS, Page, PageRequest};
pub use result_store::{Key, ResultStore, kept_in};
pub use semantics::{ColumnSemantics, of_columns};
pub use summary::{BARS, ColumnSummary};
