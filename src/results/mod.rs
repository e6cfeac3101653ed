//! Results of executions, stored as Parquet: read, sort, filter, summarize, group, export.
//!
//! AMC provides a result as CSV files behind links that are valid for ten minutes. [`ResultStore::keep`] joins them
//! into one typed Parquet file per execution; everything else reads that file. Results are files and not database
//! rows because paging through millions of rows needs columnar storage, and because files can be stored in a bucket.
//!
//! Invariants: a result is stored completely or not at all; no value is lost, so a column whose values don't match
//! the declared type becomes text and says so ([`StoredColumn::misfit`]); memory is limited regardless of the size of a
//! result; nothing here knows an execution, a person, a database or a page.

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
mod object;
mod open;
mod order;
mod page;
mod records;
mod result_store;
mod summary;
#[cfg(test)]
mod tests;
mod values;
mod views;

pub use accumulator::Misfit;
pub use cell::{Cell, grouped};
pub use column::{ColumnSpec, StoredColumn};
pub use distinct::Distinct;
pub use doubt::Doubts;
pub use error::Error;
pub use export::{CsvForm, Download, Separator, WORKBOOK_ROWS};
pub use filter::{Filter, Op};
pub use grain::Grain;
pub use groups::{Fold, GroupKey, GroupRequest, Groups};
pub use keep::{Limits, Part, StoredResult};
pub use kind::Kind;
pub use order::{Direction, Sort};
pub use page::{MOST_ROWS, Page, PageRequest};
pub use result_store::{Key, ResultStore, kept_in};
pub use summary::{BARS, ColumnSummary};
