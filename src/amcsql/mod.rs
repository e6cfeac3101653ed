//! The SQL dialect of Amazon Marketing Cloud (AMC), pure: no database, no web, no clock.
//!
//! A text is processed in this order: [`template`] fills `{{name}}` fields, the lexer and the parser build the syntax
//! tree ([`ast`]), [`check()`] resolves names, types, aggregation and privacy levels with a [`catalogue::Catalogue`]
//! and reports [`finding::Finding`]s; without errors it returns the resolved query ([`bound::Query`]), which `engine`
//! runs.
//!
//! The dialect follows Apache Calcite for syntax and names (positions, wording, aliases) and Spark for evaluation. A
//! general SQL parser was rejected: its positions and messages differ from AMC's, and it accepts what AMC rejects.

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
pub mod money;
pub mod normal;
pub mod parser;
pub mod semantics;
pub mod spelling;

pub use lexer::first_mention;

pub use check::{AUDIENCE_USERS, Checked, Context, FieldUse, Purpose, Use, check, check_either, uses};
pub mod parameters;
pub mod privacy_paths;
pub mod review;
pub mod template;
pub mod text;

#[cfg(test)]
mod tests;
