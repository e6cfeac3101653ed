//! The engine: runs a checked AMC query on tables that somebody else provides.
//!
//! [`Engine::run`] turns the resolved query into a plan of DataFusion, runs it on threads and in memory of its own, lets the
//! aggregation thresholds decide what may be shown, and gives a [`ResultSet`] that writes itself as AMC's result file.
//!
//! Going through SQL text was rejected: AMC's names, types and functions are not DataFusion's, and every difference would have
//! to survive two parsers. What must stay true: nothing is looked up by name but data sources and parameters; every
//! expression has the type that the checker gave it; with controls on, no row leaves without its accounting.

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
