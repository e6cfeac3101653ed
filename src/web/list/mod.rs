//! Lists: what one is asked for, what its page shows around the rows, and the file of all that the filter leaves.
//!
//! Every list pages, filters and exports, and keeps all of it in its address. An [`ListParams`] is read off the
//! request and gives the values of the filter one by one; what cannot be used is said above the rows, which are
//! listed without it, and refuses a file, since a file that holds other rows than it was asked for misleads.
//! [`ListParams::list`] is what the macros of `templates/lists.html` lay out. [`export_rows`] sends a file as it is read:
//! some rows at a time, each in a transaction of its own.
//!
//! A list's CSV is for spreadsheets and its JSON for programs: both hold the same columns.

mod params;
mod days;
mod export;

pub use days::Days;
pub use export::{Export, Few, Read, RowSource, Source, Taken, export_rows, rfc3339};
pub use params::{List, ListParams, PageRequest};
