//! The SQL dialect of Amazon Marketing Cloud (AMC), pure: no database, no web, no clock.
//!
//! Text goes through these hands, in this order: [`template`] fills `{{name}}` fields, the lexer and
//! the parser make the statement as written ([`ast`]), [`check()`] resolves names, types, aggregation
//! and privacy levels against a [`catalogue::Catalogue`] and reports [`finding::Finding`]s; when none
//! of them is an error it gives the resolved query ([`bound::Query`]), which `engine` runs.
//!
//! The dialect behaves like Apache Calcite where it reads and names things (positions, wording,
//! aliases) and like Spark where it computes. A general SQL parser was rejected: its positions and
//! messages are not AMC's, and it accepts what AMC refuses.

pub mod assist;
pub mod ast;
pub mod bound;
pub mod catalogue;
pub mod check;
pub mod codes;
pub mod engine;
pub mod finding;
pub mod flatten;
pub mod functions;
pub mod instructional;
mod lexer;
mod moments;
pub mod normal;
pub mod parser;
pub mod spelling;

pub use lexer::first_mention;

pub use check::{Checked, Context, FieldUse, Purpose, Use, check, check_either, uses};
pub mod parameters;
pub mod privacy_paths;
pub mod review;
pub mod template;
pub mod text;

#[cfg(test)]
mod tests;
