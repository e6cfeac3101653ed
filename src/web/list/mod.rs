//! Shared parts of lists: parameters, toolbar and pagination, export.
//!
//! Every list has paging, filters and export, and its whole state is in its address. [`ListParams`] are parsed from
//! the request and return the filter values one by one; invalid ones are reported above the rows and ignored, but
//! make an export fail, since a file with other rows than requested would mislead. [`ListParams::list`] is rendered
//! by the macros of `templates/lists.html`. [`export_rows`] streams an export: batches of rows, each in its own
//! transaction.
//!
//! A list's CSV is for spreadsheets and its JSON for programs; both have the same columns.

mod params;
mod days;
mod export;

pub use days::Days;
pub use export::{Export, Few, Read, RowSource, Source, Taken, export_rows, rfc3339};
pub use params::{List, ListParams, PageRequest};
