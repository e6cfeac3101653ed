//! The engine: runs a checked AMC query on given tables.
//!
//! [`Engine::run`] lowers the resolved query to a DataFusion plan, runs it on its own threads and memory, applies the
//! aggregation thresholds, and returns a [`ResultSet`] that can be written as AMC's result file.
//!
//! Using SQL text was rejected: AMC's names, types and functions differ from DataFusion's, and every difference would
//! have to survive two parsers. Invariants: only data sources and parameters are looked up by name; every expression
//! has the type determined by the checker; with controls on, every row has accounting columns.

mod accounting;
mod execute;
mod functions;
mod json;
mod lower;
mod privacy;
mod result;
mod run;
mod tables;
#[cfg(test)]
mod tests;
mod variants;
mod written;

pub use execute::{Engine, Limits};
pub use result::{CsvFormat, OutputColumn, ResultSet};
pub use run::{Mode, Privacy, Run, RunError, Window};
pub use tables::{Tables, USER_COLUMN};
pub use variants::Variants;
